/**
 * move: from one queue to another, and the replay of dead letters.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import { MAX_STEP_EVENTS } from "../../../store/limits.ts";
import type { MoveResult, Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
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
  reclaimUntilTotal,
  samePartition,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

/** Two queues of one partition. */
function pair(): [source: Uint8Array, destination: Uint8Array] {
  const queue = newQueue();
  return [queue, samePartition(queue)];
}

/** Moves all events in steps, as QMOVE does. */
export async function moveAll(
  store: Store,
  source: Uint8Array,
  destination: Uint8Array,
  count: number,
): Promise<MoveResult> {
  const all = { moved: 0, skipped: 0 };
  while (true) {
    const { moved, skipped } = await store.move(source, destination, count, all.skipped);
    if (moved + skipped === 0) return all;
    all.moved += moved;
    all.skipped += skipped;
  }
}

export function moveTests(suite: Suite): void {
  suite.test("move takes events from the right end to the left end and keeps their order", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1", "2", "3", "4");
    await push(store, destination, "0");
    assert.deepEqual(await store.move(source, destination, 3, 0), { moved: 3, skipped: 0 });
    assert.equal(await countsOf(store, source), "1/0/0");
    assert.equal(await countsOf(store, destination), "4/0/0");
    assert.deepEqual(await store.move(source, destination, 3, 0), { moved: 1, skipped: 0 });
    assert.deepEqual(await store.move(source, destination, 3, 0), { moved: 0, skipped: 0 });
    assert.equal(await isActive(store, source), false);
    assert.deepEqual(await drain(store, destination), ["0", "1", "2", "3", "4"]);
  });

  suite.test("move from a queue that does not exist moves nothing and creates no queue", async (store) => {
    const [source, destination] = pair();
    assert.deepEqual(await store.move(source, destination, 10, 0), { moved: 0, skipped: 0 });
    for (const queue of [source, destination]) assert.equal(await isActive(store, queue), false);
  });

  suite.test("move from an empty queue moves nothing, also in one batch with other operations", async (store) => {
    const [source, destination] = pair();
    const moves = await Promise.all([0, 1].map(() => store.move(source, destination, 10, 0)));
    assert.deepEqual(moves, [{ moved: 0, skipped: 0 }, { moved: 0, skipped: 0 }]);
  });

  suite.test("move keeps contents of any size", async (store) => {
    const [source, destination] = pair();
    const sizes = [0, 1, 256, 257, 70_000];
    for (const size of sizes) {
      await store.push(source, bytes(`${size}`), Uint8Array.from({ length: size }, (_, i) => i % 256), "left");
    }
    await store.move(source, destination, 10, 0);
    for (const size of sizes) {
      const { id, contents } = (await store.pop(destination, 60_000))!;
      assert.equal(keyOf(id), `${size}`);
      assert.ok(contents.length === size && contents.every((byte, i) => byte === i % 256));
      assert.equal(await store.ack(destination, id), 1);
    }
  });

  suite.test("move moves at most MAX_STEP_EVENTS events in a step", async (store) => {
    const [source, destination] = pair();
    const ids = Array.from({ length: MAX_STEP_EVENTS + 500 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id) => store.push(source, bytes(id), bytes(""), "left")));
    assert.deepEqual(await store.move(source, destination, 1e9, 0), { moved: MAX_STEP_EVENTS, skipped: 0 });
    assert.equal(await store.ready(source), 500);
    assert.deepEqual(await moveAll(store, source, destination, 300), { moved: 500, skipped: 0 });
    assert.deepEqual(await drainMany(store, destination), ids);
  });

  suite.test("move does not move leased or delayed events", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1", "2");
    await pushWith(store, source, "3", { delayMs: 60_000 });
    const { receipt } = await claimOne(store, source);
    assert.deepEqual(await moveAll(store, source, destination, 10), { moved: 1, skipped: 0 });
    assert.equal(await store.ack(source, bytes("1"), receipt), 1);
    assert.equal(await countsOf(store, source), "1/0/0");
    assert.deepEqual(await drain(store, destination), ["2"]);
  });

  suite.test("moved events start with attempt 1, and receipts from before are not valid", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1");
    const { receipt } = await claimOne(store, source);
    await store.nack(source, bytes("1"), receipt, { reason: bytes("why") });
    await Promise.all([
      store.move(source, destination, 1, 0),
      store.move(destination, source, 1, 0),
      store.move(source, destination, 1, 0),
    ]);
    const { attempts, reason } = await getEvent(store, destination, "1");
    assert.deepEqual([attempts, reason.length], [0, 0]);
    const again = await claimOne(store, destination);
    assert.equal(again.attempt, 1);
    assert.notEqual(keyOf(again.receipt), keyOf(receipt));
    assert.equal(await store.ack(destination, bytes("1"), receipt), 0);
    assert.equal(await store.ack(destination, bytes("1"), again.receipt), 1);
  });

  suite.test("an event that moves away and back in one turn has a new receipt each time", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1");
    const results = [];
    for (let i = 0; i < 3; i++) {
      results.push(store.claim(source, 1, 60_000));
      results.push(store.redo(source, bytes("1")), store.move(source, destination, 1, 0));
      results.push(store.move(destination, source, 1, 0));
    }
    const claims = (await Promise.all(results)).flatMap((result) => Array.isArray(result) ? result : []);
    assert.deepEqual(claims.map(({ attempt }) => attempt), [1, 1, 1]);
    assert.equal(new Set(claims.map(({ receipt }) => keyOf(receipt))).size, 3);
    assert.deepEqual(await drain(store, source), ["1"]);
  });

  suite.test("moved events keep their time to live, and expired events are not moved", async (store) => {
    const [source, destination] = pair();
    await pushWith(store, source, "3", { ttlMs: 5 });
    await sleep(10);
    // In one turn, so that no other event expires before it is moved.
    const times = { 1: 400_000, 2: 100, 4: 0 };
    const pushed = Object.entries(times).map(([id, ttlMs]) => pushWith(store, source, id, { ttlMs }));
    assert.deepEqual(await store.move(source, destination, 10, 0), { moved: 3, skipped: 0 });
    await Promise.all(pushed);
    assert.equal(await countsOf(store, source), "0/0/0");
    assertRemaining((await getEvent(store, destination, "1")).expiresMs!, 400_000);
    assert.equal((await getEvent(store, destination, "4")).expiresMs, null);
    await reclaimUntilTotal(store, destination, 2);
    assert.deepEqual(await drain(store, destination), ["1", "4"]);
  });

  suite.test("move skips any number of expired events", async (store) => {
    const [source, destination] = pair();
    const ids = Array.from({ length: MAX_STEP_EVENTS + 200 }, (_, i) => bytes(`${i}`));
    await Promise.all(ids.map((id) => store.push(source, id, id, "left", { ttlMs: 5 })));
    await push(store, source, "last");
    await sleep(10);
    assert.deepEqual(await moveAll(store, source, destination, 1000), { moved: 1, skipped: 0 });
    assert.deepEqual(await drain(store, destination), ["last"]);
  });

  suite.test("move skips events whose ids the destination holds, and leaves them where they are", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1", "2", "3", "4", "5", "6");
    for (const id of ["1", "3", "6"]) await store.push(destination, bytes(id), bytes("other"), "right");
    await lease(store, destination, 1); // 6
    await store.nack(destination, bytes("6"), undefined, { delayMs: 60_000 });
    await lease(store, destination, 1); // 3
    assert.deepEqual(await store.move(source, destination, 2, 0), { moved: 1, skipped: 1 });
    assert.deepEqual(await store.move(source, destination, 2, 1), { moved: 1, skipped: 1 });
    assert.deepEqual(await store.move(source, destination, 3, 2), { moved: 1, skipped: 1 });
    assert.deepEqual(await store.move(source, destination, 2, 3), { moved: 0, skipped: 0 });
    assert.deepEqual(await drain(store, source), ["1", "3", "6"]);
    assert.equal(shown(await store.pop(destination, 0)), "1=other");
    assert.deepEqual(await drain(store, destination), ["2", "4", "5"]);
  });

  suite.test("move into the same queue moves nothing", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    assert.deepEqual(await moveAll(store, queue, queue, 2), { moved: 0, skipped: 3 });
    assert.deepEqual(await drain(store, queue), ["1", "2", "3"]);
  });

  suite.test("move stops when the destination is full", async (store) => {
    const [source, destination] = pair();
    await store.setPolicy(destination, { maxLength: 4 });
    await push(store, source, "1", "2", "3", "4");
    await push(store, destination, "2", "0");
    assert.deepEqual(await moveAll(store, source, destination, 10), { moved: 2, skipped: 1 });
    assert.deepEqual(await drain(store, source), ["2", "4"]);
    assert.deepEqual(await drain(store, destination), ["2", "0", "1", "3"]);
    await store.setPolicy(destination, null);
  });

  suite.test("move works from and to paused queues", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1", "2");
    for (const queue of [source, destination]) await store.pause(queue, 0);
    assert.deepEqual(await moveAll(store, source, destination, 10), { moved: 2, skipped: 0 });
    assert.equal(await store.pop(destination, 0), null);
    for (const queue of [source, destination]) await store.resume(queue);
    assert.deepEqual(await drain(store, destination), ["1", "2"]);
  });

  suite.test("watch notifies of moved events in the destination only", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1", "2", "3");
    const [from, to] = [await watchQueue(store, source), await watchQueue(store, destination)];
    await store.move(source, destination, 2, 0);
    await assertNotified(store, to, 2);
    await assertNotified(store, from, 0);
    for (const seen of [from, to]) await seen.stop();
  });

  suite.test("dead letters are replayed in their order, and have all their attempts again", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxAttempts: 1 });
    await push(store, queue, "1", "2", "3");
    for (let round = 0; round < 2; round++) {
      for (const id of ["1", "2", "3"]) await fail(store, queue, id);
      assert.equal(await store.ready(deadQueueOf(queue)), 3);
      assert.deepEqual(await moveAll(store, deadQueueOf(queue), queue, 2), { moved: 3, skipped: 0 });
      assert.equal((await getEvent(store, queue, "1")).attempts, 0);
    }
    assert.deepEqual(await drain(store, queue), ["1", "2", "3"]);
    await store.setPolicy(queue, null);
  });

  suite.test("moveEvent moves one ready or delayed event to the left end, and its attempts begin again", async (store) => {
    const [source, destination] = pair();
    for (const size of [0, 1, 257, 70_000]) {
      await store.push(source, bytes(`${size}`), Uint8Array.from({ length: size }, (_, i) => i % 256), "left");
      await fail(store, source, `${size}`, { reason: bytes("why") });
      assert.equal(await store.moveEvent(source, destination, bytes(`${size}`)), "moved");
      const details = await getEvent(store, destination, `${size}`);
      assert.deepEqual([details.state, details.attempts, keyOf(details.reason)], ["ready", 0, ""]);
      assert.ok(details.contents.length === size && details.contents.every((byte, i) => byte === i % 256));
    }
    await pushWith(store, source, "later", { delayMs: 600_000, ttlMs: 500_000 });
    await push(store, source, "stays");
    assert.equal(await store.moveEvent(source, destination, bytes("later")), "moved");
    const { state, expiresMs } = await getEvent(store, destination, "later");
    assert.equal(state, "ready");
    assertRemaining(expiresMs!, 500_000);
    assert.equal(await countsOf(store, source), "1/0/0");
    assert.deepEqual(await drain(store, destination), ["0", "1", "257", "70000", "later"]);
    assert.deepEqual(await drain(store, source), ["stays"]);
  });

  suite.test("moveEvent moves nothing that is absent, leased, held by the destination, or too much for it", async (store) => {
    const [source, destination] = pair();
    const move = (id: string) => store.moveEvent(source, destination, bytes(id));
    assert.equal(await move("1"), "absent");
    assert.deepEqual([await isActive(store, source), await isActive(store, destination)], [false, false]);
    await push(store, source, "1", "2", "3");
    await push(store, destination, "2");
    await claimOne(store, source);
    assert.deepEqual([await move("1"), await move(""), await move("2")], ["absent", "absent", "duplicate"]);
    await store.setPolicy(destination, { maxLength: 1 });
    assert.equal(await move("3"), "full");
    await store.setPolicy(destination, null);
    const results = await Promise.all([move("3"), move("3")]);
    assert.deepEqual(results, ["moved", "absent"]);
    assert.equal(await countsOf(store, source), "2/1/0");
    assert.equal(await countsOf(store, destination), "2/0/0");
    await pushWith(store, source, "4", { ttlMs: 1 });
    await sleep(5);
    assert.equal(await move("4"), "absent");
  });

  suite.test("moveEvent notifies of the event, and of one turn with others keeps its place", async (store) => {
    const [source, destination] = pair();
    await push(store, source, "1", "2");
    const seen = await watchQueue(store, destination);
    assert.equal(await store.moveEvent(source, destination, bytes("2")), "moved");
    await assertNotified(store, seen, 1);
    await seen.stop();
    const [, back] = await Promise.all([
      store.push(destination, bytes("3"), bytes(""), "left"),
      store.moveEvent(source, destination, bytes("1")),
      store.push(source, bytes("1"), bytes(""), "left"),
    ]);
    assert.equal(back, "moved");
    assert.deepEqual([await drain(store, destination), await drain(store, source)], [["2", "3", "1"], ["1"]]);
  });
}
