/**
 * status: states, age, pause, counters. Total, processing and consumers are in `queues.ts`.
 *
 * @module
 */
import type { QueueCounts } from "../../../store/counters.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  bytes,
  claimOne,
  drain,
  fail,
  getEvent,
  lease,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  reclaimUntilTotal,
  samePartition,
  sleep,
  type Suite,
} from "./suite.ts";

/** Asserts the counters of a queue; those not given are 0. */
async function happened(store: Store, queue: Uint8Array, counts: Partial<QueueCounts>): Promise<void> {
  const { pushed, acked, redelivered, dead, expired } = await store.status(queue);
  assert.deepEqual(
    { pushed, acked, redelivered, dead, expired },
    { pushed: 0, acked: 0, redelivered: 0, dead: 0, expired: 0, ...counts },
  );
}

export function statusTests(suite: Suite): void {
  suite.test("status of a queue that does not exist has only zeros", async (store) => {
    const queue = newQueue();
    assert.deepEqual(await store.status(queue), {
      queue,
      total: 0,
      processing: 0,
      consumers: 0,
      ready: 0,
      delayed: 0,
      blocked: 0,
      oldestMs: 0,
      paused: false,
      limited: false,
      pushed: 0,
      acked: 0,
      redelivered: 0,
      dead: 0,
      expired: 0,
    });
  });

  suite.test("status counts ready, leased and delayed events", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4");
    await pushWith(store, queue, "5", { delayMs: 60_000 });
    await lease(store, queue, 2);
    await store.nack(queue, bytes("1"), undefined, { delayMs: 60_000 });
    const { total, ready, processing, delayed } = await store.status(queue);
    assert.deepEqual([total, ready, processing, delayed], [5, 2, 1, 2]);
  });

  suite.test("oldestMs is the time since the push of the event that is next", async (store) => {
    const queue = newQueue();
    const oldest = async () => (await store.status(queue)).oldestMs;
    await push(store, queue, "1");
    await sleep(40);
    await push(store, queue, "2");
    assert.ok(await oldest() >= 39);
    await lease(store, queue, 1);
    const second = await oldest();
    assert.ok(second <= (await getEvent(store, queue, "1")).ageMs - 39, "the second event is 40 ms younger");
    await store.redo(queue, bytes("1"));
    assert.ok(await oldest() >= 39);
    await lease(store, queue, 2);
    assert.equal(await oldest(), 0);
    await drain(store, queue);
    await pushWith(store, queue, "3", { delayMs: 60_000 });
    assert.equal(await oldest(), 0);
  });

  suite.test("status shows whether a queue is paused, and counts its ready events all the same", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await store.pause(queue, 0);
    await sleep(2);
    const { paused, ready, total, oldestMs } = await store.status(queue);
    assert.deepEqual([paused, ready, total, oldestMs > 0], [true, 2, 2, true]);
    await store.resume(queue);
    assert.equal((await store.status(queue)).paused, false);
  });

  suite.test("pushed counts the accepted pushes, on either side and delayed", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxLength: 3 });
    await push(store, queue, "1");
    await store.push(queue, bytes("2"), bytes(""), "right");
    await pushWith(store, queue, "3", { delayMs: 60_000 });
    await store.push(queue, bytes("1"), bytes(""), "left");
    await store.push(queue, bytes("4"), bytes(""), "left").catch(() => {});
    await happened(store, queue, { pushed: 3 });
    await Promise.all([store.ack(queue, bytes("1")), push(store, queue, "1"), store.ack(queue, bytes("2"))]);
    await happened(store, queue, { pushed: 4, acked: 2 });
    await store.setPolicy(queue, null);
  });

  suite.test("acked counts events acknowledged in any state or popped without a lease", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5", "6");
    await pushWith(store, queue, "7", { delayMs: 60_000 });
    const { receipt } = await claimOne(store, queue);
    await store.ack(queue, bytes("1"), bytes("x"));
    await happened(store, queue, { pushed: 7 });
    await store.ack(queue, bytes("1"), receipt);
    await store.ack(queue, bytes("1"));
    await store.ack(queue, bytes("6"));
    await store.ack(queue, bytes("7"));
    await store.pop(queue, 0);
    await store.claim(queue, 5, 0);
    await happened(store, queue, { pushed: 7, acked: 7 });
  });

  suite.test("redelivered counts events returned by redo, nack or the end of a lease, not by release", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5");
    const claimed = await store.claim(queue, 5, 60_000);
    await store.release(queue, bytes("1"), claimed[0].receipt);
    await happened(store, queue, { pushed: 5 });
    await store.redo(queue, bytes("2"));
    await store.redo(queue, bytes("2"));
    await store.nack(queue, bytes("3"));
    await store.nack(queue, bytes("4"), undefined, { delayMs: 30 });
    await happened(store, queue, { pushed: 5, redelivered: 3 });
    await store.touch(queue, bytes("5"), 1);
    await reclaimUntilReady(store, queue, 5);
    await happened(store, queue, { pushed: 5, redelivered: 4 });
  });

  suite.test("dead counts events moved to the dead queue, in the queue that they left", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxAttempts: 1 });
    await push(store, queue, "1", "2", "3");
    await fail(store, queue, "1");
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, deadQueueOf(queue), 2);
    await push(store, deadQueueOf(queue), "3");
    await fail(store, queue, "3");
    await happened(store, queue, { pushed: 3, dead: 2, redelivered: 1 });
    await happened(store, deadQueueOf(queue), { pushed: 1 });
    await store.setPolicy(queue, null);
  });

  suite.test("expired counts expired events, whichever operation removes them", async (store) => {
    const queue = newQueue();
    const expire = async (notice: () => Promise<unknown>) => {
      await pushWith(store, queue, "1", { ttlMs: 10 });
      await sleep(15);
      await notice();
      await reclaimUntilTotal(store, queue, 0);
    };
    await expire(() => store.pop(queue, 0));
    await expire(() => store.peek(queue, "left"));
    await expire(() => store.reclaim());
    await expire(async () => {
      await push(store, queue, "1");
      await store.ack(queue, bytes("1"));
    });
    await happened(store, queue, { pushed: 5, expired: 4, acked: 1 });
    for (const end of ["redo", "nack", "touch"] as const) {
      // In one turn, so that it cannot expire before it is delivered.
      await Promise.all([pushWith(store, queue, "1", { ttlMs: 10 }), lease(store, queue, 1)]);
      await sleep(15);
      await (end === "touch" ? store.touch(queue, bytes("1"), 1) : store[end](queue, bytes("1")));
      await reclaimUntilTotal(store, queue, 0);
    }
    await happened(store, queue, { pushed: 8, expired: 7, acked: 1 });
  });

  suite.test("flush and move change no counter", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await store.move(queue, samePartition(queue), 1, 0);
    await store.flush(queue);
    await happened(store, queue, { pushed: 2 });
    await happened(store, samePartition(queue), {});
  });

  suite.test("counts adds up the counters of all queues", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    const before = store.counts();
    await push(store, queue, "1", "2");
    await push(store, other, "1");
    await drain(store, queue);
    const after = store.counts();
    assert.deepEqual([after.pushed - before.pushed, after.acked - before.acked], [3, 2]);
    await drain(store, other);
  });

  suite.test("status includes the operations before it in the same turn", async (store) => {
    const queue = newQueue();
    const [, , , { pushed, acked }] = await Promise.all([
      store.push(queue, bytes("1"), bytes(""), "left"),
      store.push(queue, bytes("2"), bytes(""), "left"),
      store.pop(queue, 0),
      store.status(queue),
    ]);
    assert.deepEqual([pushed, acked], [2, 1]);
  });
}
