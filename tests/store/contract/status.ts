/**
 * What status tells besides the figures of `figures.ts`: states, age, pause, and what has happened to the events.
 *
 * @module
 */
import type { QueueCounts } from "../../../store/counters.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  beside,
  bytes,
  claimOne,
  drain,
  fail,
  lease,
  newQueue,
  push,
  pushWith,
  reclaimed,
  sleep,
  type Suite,
  total,
} from "./suite.ts";

/** Asserts what has happened to the events of a queue; what is not named has not. */
async function happened(store: Store, queue: Uint8Array, counts: Partial<QueueCounts>): Promise<void> {
  const { pushed, acked, redelivered, dead, expired } = await store.status(queue);
  assert.deepEqual(
    { pushed, acked, redelivered, dead, expired },
    { pushed: 0, acked: 0, redelivered: 0, dead: 0, expired: 0, ...counts },
  );
}

/** Declares the tests. */
export function statusTests(suite: Suite): void {
  suite.test("status of a queue that does not exist is all zeros", async (store) => {
    const queue = newQueue();
    assert.deepEqual(await store.status(queue), {
      queue,
      total: 0,
      processing: 0,
      consumers: 0,
      ready: 0,
      delayed: 0,
      oldestMs: 0,
      paused: false,
      pushed: 0,
      acked: 0,
      redelivered: 0,
      dead: 0,
      expired: 0,
    });
  });

  suite.test("status tells ready, processing and delayed events apart", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4");
    await pushWith(store, queue, "5", { delayMs: 60_000 });
    await lease(store, queue, 2);
    await store.nack(queue, bytes("1"), undefined, { delayMs: 60_000 });
    const { total, ready, processing, delayed } = await store.status(queue);
    assert.deepEqual([total, ready, processing, delayed], [5, 2, 1, 2]);
  });

  suite.test("the oldest age is that of the event that is next, since its push", async (store) => {
    const queue = newQueue();
    const oldest = async () => (await store.status(queue)).oldestMs;
    await push(store, queue, "1");
    await sleep(40);
    await push(store, queue, "2");
    assert.ok(await oldest() >= 39);
    await lease(store, queue, 1);
    assert.ok(await oldest() < 35);
    await store.redo(queue, bytes("1"));
    assert.ok(await oldest() >= 39);
    await lease(store, queue, 2);
    assert.equal(await oldest(), 0);
    await drain(store, queue);
    await pushWith(store, queue, "3", { delayMs: 60_000 });
    assert.equal(await oldest(), 0);
  });

  suite.test("status says whether a queue is paused, and counts what would be ready", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await store.pause(queue, 0);
    await sleep(2);
    const { paused, ready, total, oldestMs } = await store.status(queue);
    assert.deepEqual([paused, ready, total, oldestMs > 0], [true, 2, 2, true]);
    await store.resume(queue);
    assert.equal((await store.status(queue)).paused, false);
  });

  suite.test("pushed counts the pushes that were taken, on either side and delayed", async (store) => {
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

  suite.test("acked counts what was acknowledged in any state, and what was popped for good", async (store) => {
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

  suite.test("redelivered counts what came back by redo, nack or the end of a lease, and not by release", async (store) => {
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
    await reclaimed(store, queue, 5);
    await happened(store, queue, { pushed: 5, redelivered: 4 });
  });

  suite.test("dead counts what was moved to the dead queue, where it came from", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxAttempts: 1 });
    await push(store, queue, "1", "2", "3");
    await fail(store, queue, "1");
    await lease(store, queue, 1, 1);
    await reclaimed(store, deadQueueOf(queue), 2);
    await push(store, deadQueueOf(queue), "3");
    await fail(store, queue, "3");
    await happened(store, queue, { pushed: 3, dead: 2, redelivered: 1 });
    await happened(store, deadQueueOf(queue), { pushed: 1 });
    await store.setPolicy(queue, null);
  });

  suite.test("expired counts what was removed because its time was up, whoever noticed", async (store) => {
    const queue = newQueue();
    const expire = async (notice: () => Promise<unknown>) => {
      await pushWith(store, queue, "1", { ttlMs: 10 });
      await sleep(15);
      await notice();
      await total(store, queue, 0);
    };
    await expire(() => store.pop(queue, 0));
    await expire(() => store.peek(queue, "left"));
    await expire(() => store.reclaim());
    await expire(async () => {
      await push(store, queue, "1");
      await store.ack(queue, bytes("1"));
    });
    await happened(store, queue, { pushed: 5, expired: 4, acked: 1 });
    for (const settle of ["redo", "nack", "touch"] as const) {
      // In one turn, or its time might be up before it is delivered.
      await Promise.all([pushWith(store, queue, "1", { ttlMs: 10 }), lease(store, queue, 1)]);
      await sleep(15);
      await (settle === "touch" ? store.touch(queue, bytes("1"), 1) : store[settle](queue, bytes("1")));
      await total(store, queue, 0);
    }
    await happened(store, queue, { pushed: 8, expired: 7, acked: 1 });
  });

  suite.test("flush and move count nothing", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await store.move(queue, beside(queue), 1, 0);
    await store.flush(queue);
    await happened(store, queue, { pushed: 2 });
    await happened(store, beside(queue), {});
  });

  suite.test("status counts what was asked for before it in the same turn", async (store) => {
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
