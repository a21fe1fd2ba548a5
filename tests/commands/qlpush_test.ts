import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { pushTests } from "./shared/push.ts";

await forEachStore((store) => {
  pushTests(store, "QLPUSH");

  store.test("QLPUSH adds on the left: the first pushed event is popped first", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, `contents ${id}`);
    for (const id of ["1", "2", "3"]) {
      assert.deepEqual(await client.command("QRPOP", queue), [id, `contents ${id}`]);
    }
    assert.equal(await client.command("QRPOP", queue), null);
  });
});
