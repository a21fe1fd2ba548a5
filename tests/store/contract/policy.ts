/**
 * policy and setPolicy; the effects of maxLength, leaseMs and backoff. Those of maxAttempts are in `dead_letters.ts`.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { DEFAULT_POLICY } from "../../../store/policy.ts";
import { QueueFull, type Side, type Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  assertRemaining,
  bytes,
  claimOne,
  countsOf,
  drain,
  fail,
  getEvent,
  isActive,
  lease,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  type Suite,
} from "./suite.ts";

async function refused(store: Store, queue: Uint8Array, id: string, side: Side = "left"): Promise<void> {
  await assert.rejects(store.push(queue, bytes(id), bytes(""), side), QueueFull);
}

export function policyTests(suite: Suite): void {
  suite.test("policy of a new queue is the default", async (store) => {
    assert.deepEqual(await store.policy(newQueue()), DEFAULT_POLICY);
  });

  suite.test("setPolicy changes the given fields only, and null resets all", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    const deadQueue = Uint8Array.of(0, 0xff, 0xc3, 0x28);
    await store.setPolicy(queue, { maxAttempts: 3, deadQueue, backoffMs: 0.5 });
    await store.setPolicy(queue, { backoffMaxMs: 31_536_000_000_000, maxLength: 1_000_000_000, leaseMs: 1500 });
    await store.setPolicy(queue, { groupLimit: 3, rememberMs: 604_800_000, maxProcessing: 1_000_000_000, rate: 0.5 });
    const all = {
      maxAttempts: 3,
      deadQueue,
      backoffMs: 0.5,
      backoffMaxMs: 31_536_000_000_000,
      maxLength: 1_000_000_000,
      leaseMs: 1500,
      groupLimit: 3,
      rememberMs: 604_800_000,
      maxProcessing: 1_000_000_000,
      rate: 0.5,
    };
    const shown = async () => {
      const policy = await store.policy(queue);
      return { ...policy, deadQueue: policy.deadQueue && keyOf(policy.deadQueue) };
    };
    assert.deepEqual(await shown(), { ...all, deadQueue: keyOf(deadQueue) });
    await store.setPolicy(queue, { maxAttempts: 0, deadQueue: null });
    assert.deepEqual(await shown(), { ...all, maxAttempts: 0, deadQueue: null });
    assert.deepEqual(await store.policy(other), DEFAULT_POLICY);
    await store.setPolicy(queue, null);
    await store.setPolicy(queue, null);
    assert.deepEqual(await store.policy(queue), DEFAULT_POLICY);
  });

  suite.test("setPolicy copies its arguments", async (store) => {
    const [queue, deadQueue] = [newQueue(), newQueue()];
    const [sameQueue, sameDead] = [queue.slice(), keyOf(deadQueue)];
    await store.setPolicy(queue, { deadQueue });
    for (const given of [queue, deadQueue]) given.fill(0);
    assert.equal(keyOf((await store.policy(sameQueue)).deadQueue!), sameDead);
    await store.setPolicy(sameQueue, null);
  });

  suite.test("a queue with a policy is active without events, until the policy is reset", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxAttempts: 3 });
    assert.equal(await isActive(store, queue), true);
    await push(store, queue, "1");
    await store.ack(queue, bytes("1"));
    assert.equal(await isActive(store, queue), true);
    await store.setPolicy(queue, null);
    assert.equal(await isActive(store, queue), false);
    await store.setPolicy(queue, { maxAttempts: 3 });
    await push(store, queue, "1");
    await store.setPolicy(queue, null);
    assert.equal(await isActive(store, queue), true);
    await store.flush(queue);
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("a policy stays when its queue is emptied or flushed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await store.setPolicy(queue, { maxLength: 1 });
    await drain(store, queue);
    await push(store, queue, "2");
    await store.flush(queue);
    assert.equal((await store.policy(queue)).maxLength, 1);
    await push(store, queue, "3");
    await refused(store, queue, "4");
    await store.setPolicy(queue, null);
    await push(store, queue, "4");
  });

  suite.test("a policy is not found as an event under any id", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxLength: 5 });
    assert.equal(await store.ack(queue, bytes("")), 0);
    assert.equal(await store.redo(queue, bytes("")), 0);
    assert.equal(await store.nack(queue, bytes("")), 0);
    assert.equal(await store.touch(queue, bytes(""), 1), 0);
    assert.equal(await store.get(queue, bytes("")), null);
    assert.equal(await store.pop(queue, 0), null);
    assert.deepEqual(await store.list(queue, undefined, "0", 10), { cursor: "0", events: [] });
    assert.equal(await countsOf(store, queue), "0/0/0");
    await push(store, queue, "1");
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.equal((await store.policy(queue)).maxLength, 5);
    await store.setPolicy(queue, null);
  });

  suite.test("push rejects beyond maxLength, which counts ready, leased and delayed events", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxLength: 3 });
    await push(store, queue, "1", "2");
    await pushWith(store, queue, "3", { delayMs: 60_000 });
    await lease(store, queue, 1);
    for (const side of ["left", "right"] as const) await refused(store, queue, "4", side);
    await assert.rejects(store.push(queue, bytes("4"), bytes(""), "left", { delayMs: 10, ttlMs: 10 }), QueueFull);
    assert.equal(await countsOf(store, queue), "3/1/0");
    assert.equal(await store.get(queue, bytes("4")), null);
    for (const id of ["1", "2", "3"]) {
      assert.equal(await store.push(queue, bytes(id), bytes(""), "left"), false, `${id} is held`);
    }
    await store.ack(queue, bytes("1"));
    await push(store, queue, "4");
    await refused(store, queue, "5");
    await store.setPolicy(queue, { maxLength: 4 });
    await push(store, queue, "5");
    await refused(store, queue, "6");
    await store.setPolicy(queue, { maxLength: 0 });
    await push(store, queue, "6");
    await store.setPolicy(queue, null);
  });

  suite.test("pushes of one turn are accepted until the queue is full, and other operations of that turn are done", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    await store.setPolicy(queue, { maxLength: 5 });
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => {
      return store.push(i % 2 ? queue : other, bytes(`${i}`), bytes(""), "left");
    }));
    const accepted = results.flatMap(({ status }, i) => status === "fulfilled" ? [i] : []);
    assert.deepEqual(accepted, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18]);
    assert.deepEqual(await drain(store, queue), ["1", "3", "5", "7", "9"]);
    assert.equal(await store.ready(other), 10);
    await store.setPolicy(queue, null);
  });

  suite.test("events that return or enter are never refused, however small maxLength is", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    await pushWith(store, queue, "4", { delayMs: 30 });
    const [one] = await store.claim(queue, 3, 60_000);
    await store.setPolicy(queue, { maxLength: 1 });
    assert.equal(await store.release(queue, bytes("1"), one.receipt), 1);
    assert.equal(await store.redo(queue, bytes("2")), 1);
    assert.equal(await store.nack(queue, bytes("3")), 1);
    await reclaimUntilReady(store, queue, 4);
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, queue, 4);
    await refused(store, queue, "5");
    await store.setPolicy(queue, null);
  });

  suite.test("pop and claim use the lease time of the policy by default", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5", "6");
    await store.pop(queue);
    assertRemaining((await getEvent(store, queue, "1")).dueMs, 30_000);
    assert.equal((await store.claim(queue, 1)).length, 1);
    assertRemaining((await getEvent(store, queue, "2")).dueMs, 30_000);
    await store.setPolicy(queue, { leaseMs: 400_000 });
    await store.pop(queue);
    assertRemaining((await getEvent(store, queue, "3")).dueMs, 400_000);
    await store.claim(queue, 1);
    assertRemaining((await getEvent(store, queue, "4")).dueMs, 400_000);
    await store.pop(queue, 90_000);
    assertRemaining((await getEvent(store, queue, "5")).dueMs, 90_000);
    await store.claim(queue, 1, 0);
    assert.equal(await store.get(queue, bytes("6")), null);
    await store.setPolicy(queue, { leaseMs: 5 });
    await push(store, queue, "7", "8");
    await store.pop(queue);
    await store.claim(queue, 1);
    await reclaimUntilReady(store, queue, 2);
    await store.setPolicy(queue, null);
  });

  suite.test("nack delays an event by the backoff, which doubles with each further failure", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { backoffMs: 20_000 });
    await push(store, queue, "1", "2");
    await fail(store, queue, "1");
    const { state, dueMs, attempts } = await getEvent(store, queue, "1");
    assert.deepEqual([state, attempts], ["delayed", 1]);
    assertRemaining(dueMs, 20_000);
    for (const [failures, backoffMs] of [[2, 40_000], [4, 160_000]]) {
      while ((await getEvent(store, queue, "2")).attempts < failures - 1) await fail(store, queue, "2", { delayMs: 0 });
      await fail(store, queue, "2", { reason: bytes("why") });
      assertRemaining((await getEvent(store, queue, "2")).dueMs, backoffMs);
      await store.ack(queue, bytes("2"));
      await push(store, queue, "2");
    }
    await fail(store, queue, "2", { delayMs: 500_000 });
    assertRemaining((await getEvent(store, queue, "2")).dueMs, 500_000);
    await store.setPolicy(queue, null);
  });

  suite.test("an event is ready again when its backoff ends", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { backoffMs: 20 });
    await push(store, queue, "1", "2");
    const since = performance.now();
    await fail(store, queue, "1");
    assert.equal(await store.ready(queue), 1);
    await reclaimUntilReady(store, queue, 2);
    assert.ok(performance.now() - since > 15);
    assert.equal((await claimOne(store, queue)).attempt, 2);
    await store.setPolicy(queue, null);
  });

  suite.test("the backoff is at most that of the policy, and at most 1,000 years", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { backoffMs: 20_000, backoffMaxMs: 50_000 });
    await push(store, queue, "1");
    for (let i = 0; i < 2; i++) await fail(store, queue, "1", { delayMs: 0 });
    await fail(store, queue, "1");
    assertRemaining((await getEvent(store, queue, "1")).dueMs, 50_000);
    await store.setPolicy(queue, { backoffMaxMs: 0 });
    await push(store, queue, "2");
    for (let i = 0; i < 70; i++) await Promise.all([lease(store, queue, 1), store.redo(queue, bytes("2"))]);
    await fail(store, queue, "2");
    assertRemaining((await getEvent(store, queue, "2")).dueMs, 31_536_000_000_000);
    await store.setPolicy(queue, null);
  });

  suite.test("redo, release and the end of a lease have no backoff", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { backoffMs: 60_000 });
    await push(store, queue, "1");
    await lease(store, queue, 1);
    await store.redo(queue, bytes("1"));
    assert.equal(await store.ready(queue), 1);
    await store.release(queue, bytes("1"), (await claimOne(store, queue)).receipt);
    assert.equal(await store.ready(queue), 1);
    await lease(store, queue, 1, 1);
    await reclaimUntilReady(store, queue, 1);
    await store.setPolicy(queue, null);
  });
}
