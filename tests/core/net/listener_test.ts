import { assert } from "../../deps.ts";
import { forEachStore } from "../../support/stores.ts";

/** The state of the keep-alive timer of a connection, in /proc/net/tcp. */
const KEEP_ALIVE = "02";

if (Deno.build.os === "linux") {
  await forEachStore((store) => {
    store.test("Accepted connections are probed with TCP keep-alive", async (okq) => {
      const client = await okq.connect();
      assert.equal(await client.command("PING"), "+PONG");
      const port = (addr: string) => Number(addr.split(":")[1]).toString(16).toUpperCase().padStart(4, "0");
      const ends = `0100007F:${port(`:${okq.addr.port}`)} 0100007F:${port(client.addr)}`;
      const row = (await Deno.readTextFile("/proc/net/tcp")).split("\n").find((row) => row.includes(ends));
      assert.equal(row?.trim().split(/\s+/)[5].slice(0, 2), KEEP_ALIVE, row);
    });
  });
}
