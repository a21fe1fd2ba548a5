/**
 * ready, status, active, register.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { assert } from "../../deps.ts";
import { bytes, countsOf, drain, isActive, lease, newQueue, push, type Suite } from "./suite.ts";

export function queueTests(suite: Suite): void {
  suite.test("ready counts ready events only", async (store) => {
    const queue = newQueue();
    assert.equal(await store.ready(queue), 0);
    await push(store, queue, "1", "2", "3");
    assert.equal(await store.ready(queue), 3);
    await lease(store, queue, 2);
    assert.equal(await store.ready(queue), 1);
    await store.redo(queue, bytes("1"));
    assert.equal(await store.ready(queue), 2);
    await store.ack(queue, bytes("1"));
    await store.ack(queue, bytes("2"));
    assert.equal(await store.ready(queue), 1);
    await store.flush(queue);
    assert.equal(await store.ready(queue), 0);
  });

  suite.test("findReady tells of each queue with ready events, and of no other", async (store) => {
    const queues = Array.from({ length: 1500 }, newQueue);
    const [some, one, leased, paused] = [queues[0], queues[700], queues[701], queues[1499]];
    await push(store, some, "1", "2", "3");
    for (const queue of [one, leased, paused]) await push(store, queue, "1");
    await lease(store, leased, 1);
    await store.pause(paused, 0);
    const found = async (queues: Uint8Array[]) => {
      const events = new Map<string, number>();
      await store.findReady(queues, (queue, count) => events.set(keyOf(queue), count));
      return events;
    };
    assert.deepEqual(await found(queues), new Map([[keyOf(some), 3], [keyOf(one), 1]]));
    assert.deepEqual(await found([one, some]), new Map([[keyOf(one), 1], [keyOf(some), 3]]));
    assert.deepEqual(await found([]), new Map());
    await store.resume(paused);
    for (const queue of [some, one, leased, paused]) await store.flush(queue);
    assert.deepEqual(await found(queues), new Map());
  });

  suite.test("status counts ready and leased events as total", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    assert.equal(await countsOf(store, queue), "3/0/0");
    await lease(store, queue, 2);
    assert.equal(await countsOf(store, queue), "3/2/0");
    await store.pop(queue, 0);
    assert.equal(await countsOf(store, queue), "2/2/0");
    await store.ack(queue, bytes("1"));
    assert.equal(await countsOf(store, queue), "1/1/0");
  });

  suite.test("status returns zeros for a queue that does not exist, and does not create it", async (store) => {
    const queue = newQueue();
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("active lists a queue from its first event to its last, however that is removed", async (store) => {
    const queue = newQueue();
    const ways: (() => Promise<unknown>)[] = [
      () => store.ack(queue, bytes("1")),
      () => drain(store, queue),
      () => store.flush(queue),
      () => store.pop(queue, 60_000).then(() => store.ack(queue, bytes("1"))),
      () => store.pop(queue, 60_000).then(() => store.flush(queue)),
    ];
    for (const way of ways) {
      await push(store, queue, "1");
      assert.equal(await isActive(store, queue), true);
      await way();
      assert.equal(await isActive(store, queue), false);
    }
  });

  suite.test("active lists a queue whose events are all leased", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await lease(store, queue, 1);
    assert.equal(await isActive(store, queue), true);
  });

  suite.test("active lists every queue with every byte of its name", async (store) => {
    const queues = [...Array(20)].map((_, i) => Uint8Array.of(...newQueue(), 0, 0xff, i));
    for (const queue of queues) await push(store, queue, "1");
    const names = new Set((await store.active()).map(keyOf));
    for (const queue of queues) assert.ok(names.has(keyOf(queue)));
    for (const queue of queues) await store.flush(queue);
  });

  suite.test("register sets the number of consumers", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    for (const consumers of [2, 3, 1]) {
      await store.register(queue, consumers);
      await store.register(other, 7);
      assert.equal(await countsOf(store, queue), `0/0/${consumers}`);
    }
    await store.renew();
    assert.equal(await countsOf(store, queue), "0/0/1");
    await store.register(queue, 0);
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.equal(await countsOf(store, other), "0/0/7");
    await store.register(other, 0);
    await store.renew();
    assert.equal(await countsOf(store, other), "0/0/0");
  });

  suite.test("register makes a queue without events active, until 0 consumers are registered", async (store) => {
    const queue = newQueue();
    await store.register(queue, 0);
    assert.equal(await isActive(store, queue), false);
    await store.register(queue, 1);
    assert.equal(await isActive(store, queue), true);
    await store.register(queue, 0);
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("a queue with events and consumers is active until it has neither", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await store.register(queue, 1);
    assert.equal(await countsOf(store, queue), "1/0/1");
    await store.flush(queue);
    assert.equal(await countsOf(store, queue), "0/0/1");
    assert.equal(await isActive(store, queue), true);
    await push(store, queue, "1");
    await store.register(queue, 0);
    assert.equal(await isActive(store, queue), true);
    await store.ack(queue, bytes("1"));
    assert.equal(await isActive(store, queue), false);
  });
}
