import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachStore } from "../../support/stores.ts";
import { lineOf } from "../../support/waiting.ts";

/** Violations of the protocol, and the errors that they get. */
const VIOLATIONS: Record<string, [input: string, error: RegExp]> = {
  "a bulk length below zero": ["*2\r\n$4\r\nECHO\r\n$-1\r\n", /invalid bulk length/],
  "a bulk length that is no number": ["*1\r\n$x\r\n", /invalid bulk length/],
  "a bulk length over 512 MiB": ["*1\r\n$536870913\r\n", /invalid bulk length/],
  "a bulk length that does not end": [`*1\r\n$${"1".repeat(100)}`, /bulk/],
  "an argument that is no bulk string": ["*1\r\n:4\r\n", /expected '\$', got ':'/],
  "a bulk string that does not end where it said": ["*1\r\n$4\r\nPINGPONG\r\n", /CRLF|bulk/],
  "an argument count that is no number": ["*x\r\n", /invalid multibulk length/],
  "too many arguments": ["*1048577\r\n", /invalid multibulk length/],
  "an argument count over 32 bits": ["*99999999999999999999\r\n", /invalid multibulk length/],
  "an argument count that does not end": [`*${"1".repeat(100)}`, /mbulk|multibulk/],
  "an inline command that does not end": ["x".repeat(70_000), /too big inline request/],
  "an inline command with unbalanced quotes": ['PING "a\r\n', /unbalanced quotes/],
  "an inline command with a quote in the middle of a word": ['PING "a"b\r\n', /unbalanced quotes/],
};

await forEachStore((store) => {
  for (const [what, [input, error]] of Object.entries(VIOLATIONS)) {
    store.test(`A connection answers ${what} once, and closes`, async (okq) => {
      const [client, other] = [await okq.connect(), await okq.connect()];
      await client.send("PING", "before");
      await client.raw(`${input}PING\r\n`);
      const answer = await client.closed();
      assert.match(answer, /^\$6\r\nbefore\r\n-ERR Protocol error: [^\r\n]*\r\n$/);
      assert.match(answer, error);
      assert.equal(await other.command("PING"), "+PONG");
    });
  }

  store.test("A connection answers an unknown command and goes on", async (okq) => {
    const client = await okq.connect();
    for (const name of ["GET", "SET", "FOO", "QPUSH", "toString", "__proto__"]) {
      assert.equal(await client.command(name, "x"), `-ERR unknown command '${name}'`);
    }
    assert.equal(await client.command(""), "-ERR unknown command ''");
    assert.equal(await client.command("PING"), "+PONG");
  });

  store.test("A connection answers an unknown command in one line, whatever its bytes", async (okq) => {
    const client = await okq.connect();
    await client.send("a\r\n+OK\x00\x07", "x");
    assert.equal(await client.readLine(), "-ERR unknown command 'a\\r\\n+OK\\x00\\x07'");
    await client.send("y".repeat(100_000));
    const line = await client.readLine();
    assert.match(line, /^-ERR unknown command 'y+/);
    assert.ok(line.length < 1000, `${line.length} bytes`);
    assert.equal(await client.command("PING"), "+PONG");
  });

  store.test("A connection discards an argument that is too large for any command, and goes on", async (okq) => {
    const client = await okq.connect();
    const large = new Uint8Array(20_000_000);
    const queue = okq.queue();
    for (const args of [["QLPUSH", queue, "id", large], ["QRPOP", large], ["QACK", queue, large], [large, "x"]]) {
      const reply = `${await client.command(...args)}`;
      assert.match(reply, /^-ERR /);
      assert.ok(reply.length < 1000, `${reply.length} bytes`);
      assert.equal(await client.command("PING"), "+PONG");
    }
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  }, { maxEventBytes: 1_000_000 });

  store.test("A connection ignores empty commands", async (okq) => {
    const client = await okq.connect();
    await client.raw("\r\n\n*0\r\n*-1\r\n   \r\nPING\r\n");
    assert.equal(await client.readLine(), "+PONG");
  });

  store.test("A connection replies in the order of its commands, also with errors", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (let i = 0; i < 300; i++) {
      await client.send("QLPUSH", queue, `${i}`, "contents");
      await client.send("ECHO", `${i}`);
      await client.send("NOPE");
      await client.send("QRPOP", queue, "NOACK");
    }
    for (let i = 0; i < 300; i++) {
      assert.equal(await client.shown(), "+OK");
      assert.equal(await client.shown(), `${i}`);
      assert.equal(await client.shown(), "-ERR unknown command 'NOPE'");
      assert.deepEqual(await client.shown(), [`${i}`, "contents"]);
    }
  });

  store.test("Commands of a connection take effect in their order", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.send("QLPUSH", queue, "id", "contents");
    await client.send("QREGISTER", queue);
    await client.send("QNOTIFY", "0");
    await client.send("QRPOP", queue);
    await client.send("QSTATUS", queue);
    await client.send("QACK", queue, "id");
    await client.send("QSTATUS", queue);
    const replies = [];
    for (let i = 0; i < 7; i++) replies.push(await client.shown());
    assert.deepEqual(replies, [
      "+OK",
      "+OK",
      queue,
      ["id", "contents"],
      [`${queue} total: 1 processing: 1 consumers: 1`],
      1,
      [`${queue} total: 0 processing: 0 consumers: 1`],
    ]);
  });

  store.test("A connection accepts commands that arrive byte by byte", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const byte of `*4\r\n$6\r\nQLPUSH\r\n$${queue.length}\r\n${queue}\r\n$2\r\nid\r\n$3\r\na\r\n\r\n`) {
      await client.raw(byte);
    }
    assert.equal(await client.shown(), "+OK");
    assert.deepEqual(await client.command("QRPEEK", queue), ["id", "a\r\n"]);
  });

  store.test("A connection runs complete commands after its client closed its sending side", async (okq) => {
    const [client, observer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    for (const id of ["1", "2"]) await client.send("QLPUSH", queue, id, "contents");
    await client.raw(`*4\r\n$6\r\nQLPUSH\r\n$${queue.length}\r\n${queue}\r\n$1\r\n3\r\n$8\r\ncont`);
    await client.closeWrite();
    await eventually(async () => {
      assert.deepEqual(await observer.command("QSTATUS", queue), [`${queue} total: 2 processing: 0 consumers: 0`]);
      assert.equal(await lineOf(observer, client), "");
    });
  });

  store.test("A client that reads no replies does not delay others", async (okq) => {
    const [flooding, other] = [await okq.connect(), await okq.connect()];
    const message = "x".repeat(100_000);
    // More than the sockets buffer.
    const sending = (async () => {
      for (let i = 0; i < 1000; i++) await flooding.send("ECHO", message);
    })().catch(() => {});
    for (let i = 0; i < 100; i++) assert.equal(await other.command("PING"), "+PONG");
    flooding.close();
    await sending;
    await eventually(async () => assert.equal(await lineOf(other, flooding), ""));
  });

  store.test("A client that sends without reading receives all replies later", async (okq) => {
    const client = await okq.connect();
    const message = "x".repeat(10_000);
    const sending = (async () => {
      for (let i = 0; i < 1000; i++) await client.send("ECHO", `${i} ${message}`);
    })();
    for (let i = 0; i < 1000; i++) assert.ok(await client.shown() === `${i} ${message}`, `reply ${i}`);
    await sending;
  });
});
