import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { startWaiting } from "../support/waiting.ts";
import { badQueues, refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QRESUME", (queue) => [
    [[], wrongArity("QRESUME")],
    [[queue, queue], wrongArity("QRESUME")],
    ...badQueues((queue) => [queue]),
  ]);

  store.test("QRESUME wakes as many as there are events", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QPAUSE", queue, "600");
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "contents");
    const replies = [];
    for (let i = 0; i < 2; i++) {
      const consumer = await okq.connect();
      await consumer.command("QREGISTER", queue);
      replies.push((await startWaiting(consumer)).reply);
    }
    assert.equal(await client.command("QRESUME", queue), "+OK");
    assert.deepEqual(await Promise.all(replies), [queue, queue]);
  });

  store.test("QRESUME of a queue that is not paused is OK", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("QRESUME", okq.queue()), "+OK");
  });
});
