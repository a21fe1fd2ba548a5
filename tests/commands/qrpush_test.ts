import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { pushTests } from "./shared/push.ts";

await forEachStore((store) => {
  pushTests(store, "QRPUSH");

  store.test("QRPUSH adds on the right: the last pushed event is popped first", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "ordinary", "contents");
    for (const id of ["1", "2"]) await client.command("QRPUSH", queue, id, `contents ${id}`);
    assert.deepEqual(await client.command("QRPOP", queue), ["2", "contents 2"]);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents 1"]);
    assert.deepEqual(await client.command("QRPOP", queue), ["ordinary", "contents"]);
  });
});
