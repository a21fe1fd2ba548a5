/**
 * Dead letters: events that failed as often as their policy allows.
 *
 * @module
 */
import { concatBytes, keyOf } from "../../../store/bytes.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  assertRemaining,
  bytes,
  claimOne,
  countsOf,
  drain,
  drainMany,
  fail,
  getEvent,
  isActive,
  lease,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  reclaimUntilTotal,
  samePartition,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

/** A queue that allows `maxAttempts` deliveries, and its dead queue. */
async function withDead(store: Store, maxAttempts: number): Promise<[queue: Uint8Array, dead: Uint8Array]> {
  const queue = newQueue();
  await store.setPolicy(queue, { maxAttempts });
  return [queue, deadQueueOf(queue)];
}

export function deadLetterTests(suite: Suite): void {
  suite.test("nack moves an event to the dead queue after its last attempt, and not before", async (store) => {
    const [queue, dead] = await withDead(store, 3);
    await push(store, queue, "1");
    for (let attempt = 1; attempt < 3; attempt++) {
      await fail(store, queue, "1", { reason: bytes("early") });
      assert.equal(await store.ready(queue), 1);
      assert.equal(await countsOf(store, dead), "0/0/0");
    }
    await fail(store, queue, "1", { reason: bytes("\xff late"), delayMs: 60_000 });
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.equal(await store.get(queue, bytes("1")), null);
    const { state, attempts, reason, contents, expiresMs, dueMs, size } = await getEvent(store, dead, "1");
    assert.deepEqual([state, attempts, expiresMs, dueMs, size], ["ready", 3, null, 0, 3]);
    assert.deepEqual([reason, contents].map(keyOf), [keyOf(bytes("\xff late")), "c-1"]);
    assert.equal(await isActive(store, dead), true);
    const claimed = await claimOne(store, dead);
    assert.deepEqual([shown(claimed), claimed.attempt], ["1=c-1", 4]);
    assert.equal(await store.ack(dead, bytes("1"), claimed.receipt), 1);
    assert.equal(await isActive(store, dead), false);
    await store.setPolicy(queue, null);
  });

  suite.test("the end of a lease moves an event to the dead queue after its last attempt, with an empty reason", async (store) => {
    const [queue, dead] = await withDead(store, 2);
    await push(store, queue, "1");
    await fail(store, queue, "1", { reason: bytes("early") });
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, dead, 1);
    assert.equal(await countsOf(store, queue), "0/0/0");
    const { state, attempts, reason } = await getEvent(store, dead, "1");
    assert.deepEqual([state, attempts, reason.length], ["ready", 2, 0]);
    await store.setPolicy(queue, null);
  });

  suite.test("dead letters enter on the left, so that the first is popped first", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await push(store, dead, "0");
    await push(store, queue, "1", "2", "3");
    for (const id of ["1", "2"]) await fail(store, queue, id);
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, dead, 4);
    assert.deepEqual(await drain(store, dead), ["0", "1", "2", "3"]);
    await store.setPolicy(queue, null);
  });

  suite.test("redo and release do not move an event to the dead queue; redo counts as an attempt", async (store) => {
    const [queue, dead] = await withDead(store, 2);
    await push(store, queue, "1", "2");
    const { receipt } = await claimOne(store, queue);
    await store.release(queue, bytes("1"), receipt);
    for (let i = 0; i < 4; i++) {
      assert.equal((await claimOne(store, queue)).attempt, i + 1);
      assert.equal(await store.redo(queue, bytes("1")), 1);
    }
    assert.equal(await countsOf(store, queue), "2/0/0");
    await fail(store, queue, "1");
    assert.equal((await getEvent(store, dead, "1")).attempts, 5);
    assert.equal(await countsOf(store, queue), "1/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("a receipt is not valid after its event moved to the dead queue", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await push(store, queue, "1");
    const { receipt } = await claimOne(store, queue);
    assert.equal(await store.nack(queue, bytes("1"), bytes("x")), 0);
    assert.equal(await countsOf(store, dead), "0/0/0");
    assert.equal(await store.nack(queue, bytes("1"), receipt), 2);
    assert.equal(await store.nack(queue, bytes("1"), receipt), 0);
    const again = await claimOne(store, dead);
    assert.notEqual(keyOf(again.receipt), keyOf(receipt));
    for (const name of [queue, dead]) assert.equal(await store.ack(name, bytes("1"), receipt), 0);
    assert.equal(await store.ack(dead, bytes("1"), again.receipt), 1);
    await store.setPolicy(queue, null);
  });

  suite.test("nack makes a delivery the last one, also without a policy", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    await push(store, queue, "1", "2", "3");
    await push(store, deadQueueOf(queue), "2");
    const [{ receipt }] = await store.claim(queue, 3, 60_000);
    const results = ["1", "2", "3", "4"].map((id) => store.nack(queue, bytes(id), undefined, { dead: true }));
    assert.deepEqual(await Promise.all(results), [2, 1, 2, 0]);
    assert.equal(await store.ack(queue, bytes("1"), receipt), 0);
    assert.equal((await getEvent(store, deadQueueOf(queue), "1")).attempts, 1);
    assert.equal((await store.status(queue)).dead, 2);
    assert.deepEqual(await drain(store, queue), ["2"]);
    assert.deepEqual(await drain(store, deadQueueOf(queue)), ["2", "1", "3"]);
    await store.setPolicy(other, { deadQueue: other });
    await push(store, other, "1");
    await fail(store, other, "1", { dead: true });
    assert.deepEqual(await drain(store, other), ["1"]);
    await store.setPolicy(other, null);
  });

  suite.test("an event whose id the dead queue holds returns, and moves once that id is free", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await store.setPolicy(queue, { backoffMs: 60_000 });
    await store.push(dead, bytes("1"), bytes("another"), "left");
    await push(store, queue, "1");
    await fail(store, queue, "1", { reason: bytes("why") });
    const { state, attempts, dueMs } = await getEvent(store, queue, "1");
    assert.deepEqual([state, attempts], ["delayed", 1]);
    assertRemaining(dueMs, 60_000);
    await store.setPolicy(queue, { backoffMs: 0 });
    await store.ack(queue, bytes("1"));
    await push(store, queue, "1");
    await fail(store, queue, "1");
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, queue, 1);
    assert.equal((await getEvent(store, queue, "1")).attempts, 2);
    assert.equal(shown(await store.peek(dead, "left")), "1=another");
    assert.equal(await countsOf(store, dead), "1/0/0");
    await store.ack(dead, bytes("1"));
    await fail(store, queue, "1");
    assert.equal(shown(await store.peek(dead, "left")), "1=c-1");
    assert.equal((await getEvent(store, dead, "1")).attempts, 3);
    assert.equal(await countsOf(store, queue), "0/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("the policy names the dead queue", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await store.setPolicy(queue, { deadQueue: samePartition(queue) });
    await push(store, queue, "1", "2", "3");
    await fail(store, queue, "1");
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, samePartition(queue), 2);
    await store.setPolicy(queue, { deadQueue: null });
    await fail(store, queue, "3");
    assert.deepEqual(await drain(store, samePartition(queue)), ["1", "2"]);
    assert.deepEqual(await drain(store, dead), ["3"]);
    await store.setPolicy(queue, null);
  });

  suite.test("a queue that is its own dead queue keeps its events", async (store) => {
    const [queue] = await withDead(store, 1);
    await store.setPolicy(queue, { deadQueue: queue });
    await push(store, queue, "1");
    await fail(store, queue, "1");
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, queue, 1);
    const { attempts, contents } = await getEvent(store, queue, "1");
    assert.deepEqual([attempts, keyOf(contents)], [2, "c-1"]);
    await store.setPolicy(queue, null);
  });

  suite.test("a change of maxAttempts applies from the next failure, also to leased events", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    for (let i = 0; i < 3; i++) await fail(store, queue, "1");
    await lease(store, queue, 2);
    await store.setPolicy(queue, { maxAttempts: 2 });
    assert.equal(await countsOf(store, queue), "2/2/0");
    await store.nack(queue, bytes("1"));
    assert.equal((await getEvent(store, deadQueueOf(queue), "1")).attempts, 4);
    await store.nack(queue, bytes("2"));
    assert.equal(await countsOf(store, queue), "1/0/0");
    await lease(store, queue, 1);
    await store.setPolicy(queue, null);
    await store.nack(queue, bytes("2"));
    assert.equal((await getEvent(store, queue, "2")).attempts, 2);
  });

  suite.test("a dead letter does not expire, and an expired event is removed instead of moved", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    // In one turn, so that it cannot expire before it fails.
    await Promise.all([
      pushWith(store, queue, "1", { ttlMs: 10 }),
      store.claim(queue, 1, 60_000),
      store.nack(queue, bytes("1")),
    ]);
    assert.equal((await getEvent(store, dead, "1")).expiresMs, null);
    await Promise.all([
      ...["2", "3"].map((id) => pushWith(store, queue, id, { ttlMs: 10 })),
      store.claim(queue, 2, 60_000),
    ]);
    await sleep(20);
    await store.nack(queue, bytes("2"));
    await store.touch(queue, bytes("3"), 1);
    await reclaimUntilTotal(store, queue, 0);
    assert.deepEqual(await drain(store, dead), ["1"]);
    await store.setPolicy(queue, null);
  });

  suite.test("a dead queue accepts dead letters when it is full or paused", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await store.setPolicy(dead, { maxLength: 1 });
    await store.pause(dead, 0);
    await push(store, queue, "1", "2", "3");
    for (const id of ["1", "2"]) await fail(store, queue, id);
    await lease(store, queue, 1, 1);
    await reclaimUntilTotal(store, dead, 3);
    assert.equal(await store.pop(dead, 0), null);
    await store.resume(dead);
    assert.deepEqual(await drain(store, dead), ["1", "2", "3"]);
    for (const name of [queue, dead]) await store.setPolicy(name, null);
  });

  suite.test("dead letters keep every byte of their contents and reasons, of any size", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    for (const size of [0, 256, 257, 70_000]) {
      const contents = Uint8Array.from({ length: size }, (_, i) => i % 256);
      await store.push(queue, bytes("1"), contents, "left");
      await fail(store, queue, "1", { reason: contents.subarray(0, 256) });
      const details = await getEvent(store, dead, "1");
      assert.equal(keyOf(details.reason), keyOf(contents.subarray(0, 256)));
      assert.equal(details.size, size);
      for (const found of [details, (await store.pop(dead, 0))!]) {
        assert.ok(found.contents.length === size && found.contents.every((byte, i) => byte === i % 256));
      }
    }
    await store.setPolicy(queue, null);
  });

  suite.test("watch notifies of dead letters in the dead queue, not in their own", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await push(store, queue, "1", "2");
    await lease(store, queue, 2);
    const [from, to] = [await watchQueue(store, queue), await watchQueue(store, dead)];
    await store.nack(queue, bytes("1"));
    await store.touch(queue, bytes("2"), 1);
    await reclaimUntilReady(store, dead, 2);
    await assertNotified(store, to, 2);
    await assertNotified(store, from, 0);
    for (const seen of [from, to]) await seen.stop();
    await store.setPolicy(queue, null);
  });

  suite.test("events whose leases end together return or move to the dead queue by their attempts, once each", async (store) => {
    const [queue, dead] = await withDead(store, 2);
    const ids = Array.from({ length: 1500 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id) => store.push(queue, bytes(id), bytes(id), "left")));
    const failed = await store.claim(queue, 500, 60_000);
    await Promise.all(failed.map(({ id }) => store.nack(queue, id)));
    for (let i = 0; i < 2; i++) await store.claim(queue, 750, 5);
    await eventually(async () => {
      await Promise.all(Array.from({ length: 3 }, () => store.reclaim()));
      assert.deepEqual([await store.ready(queue), await store.ready(dead)], [1000, 500]);
    });
    assert.deepEqual((await drainMany(store, dead)).sort(), ids.slice(0, 500).sort());
    assert.deepEqual((await drainMany(store, queue)).sort(), ids.slice(500).sort());
    assert.equal(await countsOf(store, queue), "0/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("nacks of one turn move their events one by one, also from two queues to one", async (store) => {
    const queue = newQueue();
    const [one, two, dead] = [queue, samePartition(queue, "2"), samePartition(queue, "3")];
    for (const name of [one, two]) {
      await store.setPolicy(name, { maxAttempts: 1, deadQueue: dead });
      await push(store, name, "1", name === one ? "2" : "3");
      await lease(store, name, 2);
    }
    const nacks = [[one, "1"], [two, "1"], [two, "3"], [one, "1"], [one, "2"]] as const;
    const results = await Promise.all(nacks.map(([name, id]) => store.nack(name, bytes(id))));
    assert.deepEqual(results, [2, 1, 2, 0, 2]);
    assert.equal(await store.push(one, bytes("1"), bytes("new"), "left"), true);
    assert.deepEqual(await drain(store, dead), ["1", "3", "2"]);
    assert.deepEqual([await drain(store, one), await drain(store, two)], [["1"], ["1"]]);
    for (const name of [one, two]) await store.setPolicy(name, null);
  });

  for (const [what, name] of [["too long a name", "q".repeat(470)], ["a partition of its own", ":dead"]]) {
    suite.test(`an event stays in its queue if the default dead queue has ${what}`, async (store) => {
      const queue = concatBytes(newQueue(), bytes(name));
      await push(store, queue, "1");
      const { id, receipt } = await claimOne(store, queue);
      assert.equal(await store.nack(queue, id, receipt, { dead: true }), 1);
      assert.deepEqual(await drain(store, queue), ["1"]);
    });
  }

  suite.test("a dead queue is an ordinary queue: events that fail in it return to it or move to its own dead queue", async (store) => {
    const [queue, dead] = await withDead(store, 1);
    await push(store, queue, "1");
    await fail(store, queue, "1");
    await fail(store, dead, "1");
    assert.deepEqual([await store.ready(queue), await store.ready(dead)], [0, 1]);
    const last = samePartition(queue);
    await store.setPolicy(dead, { maxAttempts: 1, deadQueue: last });
    await fail(store, dead, "1");
    assert.equal((await getEvent(store, last, "1")).attempts, 3);
    assert.deepEqual(await drain(store, last), ["1"]);
    for (const name of [queue, dead]) await store.setPolicy(name, null);
  });
}
