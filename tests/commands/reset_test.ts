import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "RESET", () => [[["x"], wrongArity("RESET")]]);

  store.test("RESET restores the initial state of a connection", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const id = await client.command("CLIENT", "ID");
    await client.command("HELLO", "3", "SETNAME", "Jo");
    await client.command("QREGISTER", queue);
    assert.equal(await client.command("RESET"), "+RESET");
    await client.send("CLIENT", "GETNAME");
    assert.equal(await client.readLine(), "$-1", "no name, and RESP2");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    assert.equal(await client.command("CLIENT", "ID"), id);
  });
});
