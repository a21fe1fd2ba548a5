/**
 * pause and resume.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  bytes,
  countsOf,
  drain,
  getEvent,
  isActive,
  lease,
  newQueue,
  push,
  pushWith,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

/** Asserts that a queue delivers nothing. */
async function handsOutNothing(store: Store, queue: Uint8Array): Promise<void> {
  const handedOut = await Promise.all([
    store.pop(queue),
    store.pop(queue, 0),
    store.claim(queue, 10, 60_000),
    store.claim(queue, 10, 0),
    store.ready(queue),
  ]);
  assert.deepEqual(handedOut, [null, null, [], [], 0]);
}

export function pauseTests(suite: Suite): void {
  suite.test("a paused queue delivers nothing until it is resumed, and then all in order", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    await push(store, queue, "1", "2", "3");
    await push(store, other, "1");
    await store.pause(queue, 0);
    await handsOutNothing(store, queue);
    assert.equal(shown(await store.pop(other, 0)), "1=c-1");
    await store.resume(queue);
    assert.equal(await store.ready(queue), 3);
    assert.deepEqual(await drain(store, queue), ["1", "2", "3"]);
  });

  suite.test("pause and resume take effect in the order of the calls, and can be repeated", async (store) => {
    const queue = newQueue();
    const results = await Promise.all([
      store.push(queue, bytes("1"), bytes(""), "left"),
      store.push(queue, bytes("2"), bytes(""), "left"),
      store.push(queue, bytes("3"), bytes(""), "left"),
      store.pop(queue, 60_000).then(shown),
      store.pause(queue, 0),
      store.pop(queue, 60_000).then(shown),
      store.claim(queue, 5, 0).then((claimed) => claimed.length),
      store.pause(queue, 0),
      store.push(queue, bytes("4"), bytes(""), "right"),
      store.ready(queue),
      store.resume(queue),
      store.pop(queue, 60_000).then(shown),
      store.resume(queue),
      store.claim(queue, 5, 0).then((claimed) => claimed.map(shown).join()),
    ]);
    const none = undefined;
    assert.deepEqual(
      results,
      [true, true, true, "1=", none, "nil", 0, none, true, 0, none, "4=", none, "2=,3="],
    );
    assert.equal((await store.status(queue)).paused, false);
  });

  suite.test("all else works in a paused queue: push, ack, redo, list", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5");
    const [, , three] = await store.claim(queue, 4, 60_000);
    await store.pause(queue, 0);
    await store.push(queue, bytes("6"), bytes(""), "right");
    assert.equal(await store.push(queue, bytes("1"), bytes(""), "left"), false);
    await pushWith(store, queue, "7", { delayMs: 1 });
    assert.equal(await store.ack(queue, bytes("1")), 1);
    assert.equal(await store.redo(queue, bytes("2")), 1);
    assert.equal(await store.release(queue, bytes("3"), three.receipt), 1);
    assert.equal(await store.touch(queue, bytes("4"), 1), 1);
    await eventually(async () => {
      await store.reclaim();
      const { total, ready, processing, delayed, paused } = await store.status(queue);
      assert.deepEqual([total, ready, processing, delayed, paused], [6, 6, 0, 0, true]);
    });
    assert.equal(shown(await store.peek(queue, "right")).slice(0, 2), "4=");
    assert.equal(shown(await store.peek(queue, "left")), "7=c-7");
    const { events } = await store.list(queue, "ready", "0", 100);
    assert.deepEqual(events.map(({ id }) => keyOf(id)), ["4", "3", "2", "6", "5", "7"]);
    assert.equal((await getEvent(store, queue, "4")).attempts, 1);
    await handsOutNothing(store, queue);
    await store.resume(queue);
    assert.deepEqual(await drain(store, queue), ["4", "3", "2", "6", "5", "7"]);
  });

  suite.test("nack in a paused queue delays the event", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 2);
    await store.pause(queue, 0);
    assert.equal(await store.nack(queue, bytes("1"), undefined, { delayMs: 60_000 }), 1);
    assert.equal(await store.nack(queue, bytes("2")), 1);
    const { ready, delayed, processing } = await store.status(queue);
    assert.deepEqual([ready, delayed, processing], [1, 1, 0]);
    await store.resume(queue);
    await store.flush(queue);
  });

  suite.test("watch does not notify of a paused queue, and notifies of all ready events when it is resumed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 2);
    const seen = await watchQueue(store, queue);
    await store.pause(queue, 0);
    await push(store, queue, "3");
    await pushWith(store, queue, "4", { delayMs: 1 });
    await store.redo(queue, bytes("1"));
    await store.touch(queue, bytes("2"), 1);
    await eventually(async () => {
      await store.reclaim();
      assert.equal((await store.status(queue)).ready, 4);
    });
    await assertNotified(store, seen, 0);
    await store.resume(queue);
    await assertNotified(store, seen, 4);
    await store.resume(queue);
    await push(store, queue, "5");
    await assertNotified(store, seen, 5);
    await seen.stop();
  });

  suite.test("a pause ends at its time, with or without reclaim", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    const since = performance.now();
    // In one turn, so that the pause cannot have ended.
    const [, , { paused }] = await Promise.all([
      store.pause(queue, 60),
      handsOutNothing(store, queue),
      store.status(queue),
    ]);
    assert.equal(paused, true);
    await eventually(async () => shown(await store.pop(queue, 0)) === "1=c-1");
    assert.ok(performance.now() - since > 55);
    assert.equal((await store.status(queue)).paused, false);
    assert.equal(await isActive(store, queue), false);
    await store.reclaim();
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("watch notifies of all ready events when a pause ends at its time", async (store) => {
    const queue = newQueue();
    const seen = await watchQueue(store, queue);
    const since = performance.now();
    // In one turn, so that the pause cannot have ended.
    await Promise.all([
      store.pause(queue, 30),
      ...["1", "2"].map((id) => store.push(queue, bytes(id), bytes(""), "left")),
    ]);
    await eventually(async () => {
      await store.reclaim();
      assert.equal(seen.sum, 2);
    });
    assert.ok(performance.now() - since > 25);
    assert.equal(await store.ready(queue), 2);
    await seen.stop();
  });

  suite.test("the last pause of a queue sets its end", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    for (const forMs of [0, 60_000, 31_536_000_000_000]) {
      await store.pause(queue, 5);
      await store.pause(queue, forMs);
      await sleep(10);
      await store.reclaim();
      await handsOutNothing(store, queue);
    }
    await store.pause(queue, 1);
    await eventually(async () => shown(await store.pop(queue, 0)) === "1=c-1");
  });

  suite.test("a paused queue is active without events until it is resumed", async (store) => {
    const queue = newQueue();
    await store.resume(queue);
    assert.equal(await isActive(store, queue), false);
    await store.pause(queue, 0);
    assert.equal(await isActive(store, queue), true);
    await store.resume(queue);
    assert.equal(await isActive(store, queue), false);
    await store.pause(queue, 5);
    await eventually(async () => {
      await store.reclaim();
      assert.equal(await isActive(store, queue), false);
    });
  });

  suite.test("a queue stays paused when it is flushed, and when its policy changes or is reset", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await store.setPolicy(queue, { maxLength: 1 });
    await store.pause(queue, 0);
    await store.flush(queue);
    await push(store, queue, "2");
    await handsOutNothing(store, queue);
    await store.setPolicy(queue, { maxAttempts: 2 });
    await handsOutNothing(store, queue);
    await store.resume(queue);
    const { maxLength, maxAttempts } = await store.policy(queue);
    assert.deepEqual([maxLength, maxAttempts], [1, 2]);
    await store.pause(queue, 60_000);
    await store.setPolicy(queue, null);
    await handsOutNothing(store, queue);
    await store.resume(queue);
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.deepEqual(await drain(store, queue), ["2"]);
    assert.equal(await isActive(store, queue), false);
  });
}
