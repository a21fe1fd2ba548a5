/**
 * Burying events: moving them to the dead queue by hand.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import { assert } from "../../deps.ts";
import {
  bytes,
  claimOne,
  countsOf,
  drain,
  fail,
  getEvent,
  lease,
  newQueue,
  push,
  pushWith,
  samePartition,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

export function buryTests(suite: Suite): void {
  suite.test("bury moves an event in any state to the left end of the dead queue", async (store) => {
    const queue = newQueue();
    await push(store, deadQueueOf(queue), "0");
    await push(store, queue, "leased", "ready", "other");
    await pushWith(store, queue, "delayed", { delayMs: 60_000 });
    await lease(store, queue, 1);
    for (const id of ["ready", "leased", "delayed"]) assert.equal(await store.bury(queue, bytes(id)), "buried");
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.equal(shown(await store.peek(deadQueueOf(queue), "left")), "delayed=c-delayed");
    assert.deepEqual(await drain(store, deadQueueOf(queue)), ["0", "ready", "leased", "delayed"]);
    assert.deepEqual(await drain(store, queue), ["other"]);
  });

  suite.test("bury resolves to absent without the event, and to duplicate if the dead queue holds its id", async (store) => {
    const [queue, own] = [newQueue(), newQueue()];
    assert.equal(await store.bury(queue, bytes("1")), "absent");
    await push(store, queue, "1");
    assert.equal(await store.bury(queue, bytes("2")), "absent");
    await store.push(deadQueueOf(queue), bytes("1"), bytes("another"), "left");
    await store.setPolicy(own, { deadQueue: own });
    await push(store, own, "1");
    for (const name of [queue, own]) {
      assert.equal(await store.bury(name, bytes("1")), "duplicate");
      assert.equal(shown(await store.pop(name, 0)), "1=c-1");
    }
    assert.equal(shown(await store.pop(deadQueueOf(queue), 0)), "1=another");
    await store.setPolicy(own, null);
  });

  suite.test("bury keeps contents of any size, attempts and reason", async (store) => {
    const queue = newQueue();
    const dead = samePartition(queue);
    await store.setPolicy(queue, { deadQueue: dead });
    for (const size of [0, 256, 70_000]) {
      const contents = Uint8Array.from({ length: size }, (_, i) => i % 256);
      await store.push(queue, bytes("1"), contents, "left");
      await fail(store, queue, "1", { reason: bytes("why") });
      await lease(store, queue, 1);
      assert.equal(await store.bury(queue, bytes("1")), "buried");
      const details = await getEvent(store, dead, "1");
      assert.deepEqual([details.state, details.attempts, keyOf(details.reason)], ["ready", 2, "why"]);
      assert.ok(details.contents.length === size && details.contents.every((byte, i) => byte === i % 256));
      await store.pop(dead, 0);
    }
    await push(store, queue, "2");
    await fail(store, queue, "2");
    await store.bury(queue, bytes("2"));
    assert.equal((await claimOne(store, dead)).attempt, 2);
    await store.setPolicy(queue, null);
  });

  suite.test("bury ends the time to live, and does not move an event whose time has ended", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "1", { ttlMs: 60_000 });
    assert.equal(await store.bury(queue, bytes("1")), "buried");
    assert.equal((await getEvent(store, deadQueueOf(queue), "1")).expiresMs, null);
    // In one turn, so that neither can expire before one of them is leased.
    await Promise.all([
      ...["2", "3"].map((id) => pushWith(store, queue, id, { ttlMs: 10 })),
      store.claim(queue, 1, 60_000),
    ]);
    await sleep(20);
    for (const id of ["2", "3"]) assert.equal(await store.bury(queue, bytes(id)), "absent");
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.deepEqual(await drain(store, deadQueueOf(queue)), ["1"]);
  });

  suite.test("bury goes to the dead queue of the policy, also if that is full or paused, and ends the delivery", async (store) => {
    const queue = newQueue();
    const dead = samePartition(queue);
    await store.setPolicy(queue, { deadQueue: dead });
    await store.setPolicy(dead, { maxLength: 1 });
    await store.pause(dead, 0);
    await push(store, queue, "1", "2");
    const { receipt } = await claimOne(store, queue);
    for (const id of ["1", "2"]) assert.equal(await store.bury(queue, bytes(id)), "buried");
    assert.equal(await store.ack(queue, bytes("1"), receipt), 0);
    assert.equal(await store.push(queue, bytes("1"), bytes("new"), "left"), true);
    assert.equal((await store.status(queue)).dead, 2);
    await store.resume(dead);
    assert.deepEqual([await drain(store, dead), await drain(store, queue)], [["1", "2"], ["1"]]);
    for (const name of [queue, dead]) await store.setPolicy(name, null);
  });

  suite.test("bury notifies of the event in the dead queue, and of one turn moves it once", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    const seen = await watchQueue(store, deadQueueOf(queue));
    const results = await Promise.all([store.bury(queue, bytes("1")), store.bury(queue, bytes("1"))]);
    assert.deepEqual(results, ["buried", "absent"]);
    await assertNotified(store, seen, 1);
    await seen.stop();
    await drain(store, deadQueueOf(queue));
  });
}
