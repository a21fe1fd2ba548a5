import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "PING", () => [[["a", "b"], wrongArity("PING")]]);

  store.test("PING returns PONG, or the message", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("PING"), "+PONG");
    assert.equal(await client.command("ping", "hello\r\n"), "hello\r\n");
    assert.equal(await client.command("Ping", ""), "");
  });
});
