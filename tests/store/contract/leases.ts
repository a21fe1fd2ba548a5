/**
 * Leases: pop, ack, redo and reclaim.
 *
 * @module
 */
import { assert } from "../../deps.ts";
import { bytes, countsOf, drain, lease, newQueue, push, reclaimUntilReady, shown, sleep, type Suite } from "./suite.ts";

export function leaseTests(suite: Suite): void {
  suite.test("pop leases the right-most event and hides it from other pops", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    assert.equal(shown(await store.pop(queue, 60_000)), "1=c-1");
    assert.equal(await countsOf(store, queue), "2/1/0");
    assert.equal(shown(await store.pop(queue, 60_000)), "2=c-2");
    assert.equal(await store.pop(queue, 60_000), null);
    assert.equal(await countsOf(store, queue), "2/2/0");
  });

  suite.test("pop accepts a lease of part of a millisecond, and one of 1,000 years", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    assert.equal(shown(await store.pop(queue, 0.5)), "1=c-1");
    assert.equal(shown(await store.pop(queue, Number.MAX_SAFE_INTEGER / 2)), "2=c-2");
    await reclaimUntilReady(store, queue, 1);
    assert.equal(await countsOf(store, queue), "2/1/0");
    assert.equal(shown(await store.peek(queue, "right")), "1=c-1");
  });

  suite.test("ack removes a leased event, once, and it never returns", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 2, 20);
    assert.equal(await store.ack(queue, bytes("1")), 1);
    assert.equal(await store.ack(queue, bytes("1")), 0);
    await reclaimUntilReady(store, queue, 1);
    assert.deepEqual(await drain(store, queue), ["2"]);
  });

  suite.test("ack removes an event whose lease has ended, before and after reclaim", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 2, 20);
    await sleep(30);
    assert.equal(await store.ack(queue, bytes("1")), 1);
    await reclaimUntilReady(store, queue, 1);
    assert.equal(await store.ack(queue, bytes("2")), 1);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("redo returns a leased event to the right end", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4");
    await lease(store, queue, 3);
    assert.equal(await store.redo(queue, bytes("3")), 1);
    assert.equal(await store.redo(queue, bytes("1")), 1);
    assert.equal(await countsOf(store, queue), "4/1/0");
    assert.deepEqual(await drain(store, queue), ["1", "3", "4"]);
    assert.equal(await countsOf(store, queue), "1/1/0");
  });

  suite.test("redo does nothing to an event that is not leased", async (store) => {
    const queue = newQueue();
    assert.equal(await store.redo(queue, bytes("1")), 0);
    await push(store, queue, "1", "2");
    assert.equal(await store.redo(queue, bytes("2")), 0);
    assert.equal(await store.redo(queue, bytes("3")), 0);
    await lease(store, queue, 1);
    assert.equal(await store.redo(queue, bytes("1")), 1);
    assert.equal(await store.redo(queue, bytes("1")), 0);
    assert.deepEqual(await drain(store, queue), ["1", "2"]);
  });

  suite.test("redo ends the lease: a later lease of the event ends at its own time", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await lease(store, queue, 1, 20);
    await store.redo(queue, bytes("1"));
    await lease(store, queue, 1, 60_000);
    await sleep(30);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "1/1/0");
  });

  suite.test("reclaim does nothing to leases that have not ended", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 1, 60_000);
    await lease(store, queue, 1, 20);
    await reclaimUntilReady(store, queue, 1);
    assert.deepEqual(await drain(store, queue), ["2"]);
    assert.equal(await countsOf(store, queue), "1/1/0");
  });

  suite.test("reclaim returns events to the right end, the earliest deadline next to be popped", async (store) => {
    const queue = newQueue();
    await push(store, queue, "a", "b", "c", "d");
    await Promise.all([45, 25, 65].map((leaseMs) => store.pop(queue, leaseMs))); // a, b, c
    await sleep(80);
    await reclaimUntilReady(store, queue, 4);
    assert.equal(await countsOf(store, queue), "4/0/0");
    assert.deepEqual(await drain(store, queue), ["b", "a", "c", "d"]);
  });

  suite.test("reclaim keeps the contents, and the event can be leased again", async (store) => {
    const queue = newQueue();
    const big = "x".repeat(70_000);
    await store.push(queue, bytes("1"), bytes(big), "left");
    for (let round = 0; round < 3; round++) {
      assert.equal(shown(await store.pop(queue, 10)), `1=${big}`);
      await reclaimUntilReady(store, queue, 1);
    }
    assert.deepEqual(await drain(store, queue), ["1"]);
  });

  suite.test("reclaim returns nothing to a queue that was flushed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 2, 20);
    await store.flush(queue);
    await push(store, queue, "3");
    await sleep(40);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.deepEqual(await drain(store, queue), ["3"]);
  });

  suite.test("concurrent reclaims return each event once", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 50 }, (_, i) => `${i + 10}`);
    await push(store, queue, ...ids);
    await Promise.all(ids.map(() => store.pop(queue, 20)));
    await sleep(40);
    await Promise.all(Array.from({ length: 5 }, () => store.reclaim()));
    assert.equal(await countsOf(store, queue), "50/0/0");
    assert.deepEqual(await drain(store, queue), ids);
  });

  suite.test("one call of reclaim returns 10,000 events whose leases end together, in order", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 10_000 }, (_, i) => `${i}`.padStart(5, "0"));
    await Promise.all(ids.map((id) => store.push(queue, bytes(id), bytes(id), "left")));
    await Promise.all(ids.map(() => store.pop(queue, 20)));
    await sleep(30);
    await store.reclaim();
    assert.equal(await store.ready(queue), ids.length);
    const popped = await Promise.all(ids.map(() => store.pop(queue, 0)));
    assert.deepEqual(popped.map((event) => shown(event)), ids.map((id) => `${id}=${id}`));
  });
}
