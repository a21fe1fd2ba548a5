import { assert, fc } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes, connect } from "../support/wire.ts";

/** Parts of RESP are more frequent than other bytes, so that the parser gets past the first byte. */
const piece = fc.oneof(
  fc.constantFrom("*", "$", "\r\n", "\r", "\n", '"', "'", "\\x", " ", "-1", "0", "1", "3", "99999999999"),
  fc.constantFrom("QLPUSH", "QRPOP", "QACK", "QREGISTER", "QNOTIFY 0", "HELLO 3", "CLIENT", "COMMAND", "PING"),
  fc.constantFrom(
    "*1\r\n$4\r\nPING\r\n",
    "*2\r\n$5\r\nQRPOP\r\n$1\r\nq\r\n",
    "*3\r\n$4\r\nQACK\r\n$1\r\nq\r\n$0\r\n\r\n",
  ),
  fc.string({ unit: "binary-ascii", maxLength: 8 }),
  fc.uint8Array({ maxLength: 8 }).map((some) => String.fromCharCode(...some)),
);

await forEachStore((store) => {
  store.test("No input ends the server or disturbs another client", async (okq) => {
    const other = await okq.connect();
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        await using client = await connect(okq.addr);
        await client.raw(bytes(pieces.join("")));
        await client.closeWrite();
        // The replies are RESP or empty, and the connection ends.
        const answer = await client.closed();
        assert.match(answer, /^($|[-+:$*_%])/);
        assert.ok(!answer.includes("unexpected server-side error"), answer);
        assert.equal(await other.command("PING"), "+PONG");
      }),
      { numRuns: 200 },
    );
  });
});
