/**
 * pushAll: several events in one step.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { MAX_TOGETHER } from "../../../store/limits.ts";
import { type Event, type PushOptions, QueueFull, type Side, type Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  assertRemaining,
  assertStates,
  bytes,
  claimOne,
  consume,
  countsOf,
  drain,
  drainMany,
  getEvent,
  lease,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

function events(...ids: string[]): Event[] {
  return ids.map((id) => ({ id: bytes(id), contents: bytes(`c-${id}`) }));
}

/** Pushes events together. Returns the id that is refused, or null. */
async function pushTogether(
  store: Store,
  queue: Uint8Array,
  ids: string[],
  options?: PushOptions,
  side: Side = "left",
): Promise<string | null> {
  const refused = await store.pushAll(queue, events(...ids), side, options);
  return refused && keyOf(refused);
}

export function pushAllTests(suite: Suite): void {
  suite.test("pushAll adds events in their order, on either side", async (store) => {
    const queue = newQueue();
    await push(store, queue, "0");
    assert.equal(await pushTogether(store, queue, ["1", "2", "3"]), null);
    assert.equal(await pushTogether(store, queue, ["r1", "r2"], {}, "right"), null);
    assert.equal(await countsOf(store, queue), "6/0/0");
    assert.equal((await store.status(queue)).pushed, 6);
    assert.equal(shown(await store.peek(queue, "left")), "3=c-3");
    assert.deepEqual(await drain(store, queue), ["r2", "r1", "0", "1", "2", "3"]);
  });

  suite.test("pushAll of one event is a push", async (store) => {
    const queue = newQueue();
    assert.equal(await pushTogether(store, queue, ["1"]), null);
    assert.equal(await pushTogether(store, queue, ["1"]), "1");
    assert.deepEqual(await drain(store, queue), ["1"]);
  });

  suite.test("pushAll adds nothing if the queue holds one of the ids in any state, and returns that id", async (store) => {
    const queue = newQueue();
    await push(store, queue, "leased", "ready");
    await lease(store, queue, 1);
    await pushWith(store, queue, "delayed", { delayMs: 600_000 });
    for (const id of ["first", "blocked"]) await pushWith(store, queue, id, { group: bytes("a") });
    for (const id of ["leased", "ready", "delayed", "blocked"]) {
      for (const ids of [[id, "1", "2"], ["1", id, "2"], ["1", "2", id]]) {
        assert.equal(await pushTogether(store, queue, ids), id);
      }
    }
    assert.equal(await pushTogether(store, queue, ["1", "ready", "leased"]), "ready");
    assert.equal(await store.get(queue, bytes("1")), null);
    await assertStates(store, queue, "2/1/1/1");
    assert.equal((await store.status(queue)).pushed, 5);
    assert.equal(await pushTogether(store, queue, ["1", "2"]), null);
  });

  suite.test("pushAll adds nothing if an id is there twice, and returns that id", async (store) => {
    const queue = newQueue();
    assert.equal(await pushTogether(store, queue, ["1", "2", "2", "3"]), "2");
    assert.equal(await pushTogether(store, queue, ["1", "1"]), "1");
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.equal((await store.active()).some((name) => keyOf(name) === keyOf(queue)), false);
  });

  suite.test("pushAll rejects if not all of its events are allowed, and adds none", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxLength: 4 });
    await push(store, queue, "1", "2");
    await assert.rejects(pushTogether(store, queue, ["3", "4", "5"]), QueueFull);
    await assert.rejects(pushTogether(store, queue, ["3", "4", "5"], { group: bytes("a"), delayMs: 5 }), QueueFull);
    assert.equal(await store.get(queue, bytes("3")), null);
    assert.equal(await countsOf(store, queue), "2/0/0");
    assert.equal(await pushTogether(store, queue, ["3", "1", "5"]), "1");
    assert.equal(await pushTogether(store, queue, ["3", "4"]), null);
    await assert.rejects(pushTogether(store, queue, ["5"]), QueueFull);
    assert.deepEqual(await drain(store, queue), ["1", "2", "3", "4"]);
    await store.setPolicy(queue, null);
  });

  suite.test("pushAll gives all events the same delay, time to live, group and meta", async (store) => {
    const queue = newQueue();
    const options = { delayMs: 300_000, ttlMs: 500_000, group: bytes("a"), meta: bytes("meta") };
    assert.equal(await pushTogether(store, queue, ["1", "2"], options), null);
    for (const id of ["1", "2"]) {
      const { state, dueMs, expiresMs, group, meta } = await getEvent(store, queue, id);
      assert.deepEqual([state, keyOf(group!), keyOf(meta!)], ["delayed", "a", "meta"]);
      assertRemaining(dueMs, 300_000);
      assertRemaining(expiresMs!, 500_000);
    }
    assert.equal(await pushTogether(store, queue, ["3", "4", "5"], { group: bytes("a"), meta: bytes("meta") }), null);
    await assertStates(store, queue, "1/0/2/2");
    assert.equal(keyOf((await claimOne(store, queue)).meta!), "meta");
  });

  suite.test("events of pushAll enter a group in their order, on either side, also when they are due", async (store) => {
    const queue = newQueue();
    const group = bytes("a");
    await pushTogether(store, queue, ["1", "2", "3"], { group });
    await pushTogether(store, queue, ["r1", "r2"], { group }, "right");
    assert.deepEqual(await consume(store, queue), ["1", "r2", "r1", "2", "3"]);
    await pushTogether(store, queue, ["1", "2", "3"], { group, delayMs: 5 });
    await sleep(10);
    await reclaimUntilReady(store, queue, 1);
    assert.deepEqual(await consume(store, queue), ["1", "2", "3"]);
  });

  suite.test("pushAll takes back the id of an event that has expired", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "2", { ttlMs: 5 });
    await sleep(10);
    assert.equal(await pushTogether(store, queue, ["1", "2", "3"]), null);
    assert.deepEqual(await drain(store, queue), ["1", "2", "3"]);
  });

  suite.test("pushAll adds MAX_TOGETHER events, and listeners are notified of all that are ready", async (store) => {
    const queue = newQueue();
    const seen = await watchQueue(store, queue);
    const ids = Array.from({ length: MAX_TOGETHER }, (_, i) => `${i}`);
    assert.equal(await pushTogether(store, queue, ids), null);
    await assertNotified(store, seen, MAX_TOGETHER);
    assert.equal(
      await pushTogether(store, queue, ["x", ...ids.slice(1).map((id) => `y${id}`)], { delayMs: 1e9 }),
      null,
    );
    const grouped = ids.map((id) => `g${id}`);
    assert.equal(await pushTogether(store, queue, grouped, { group: bytes("a") }), null);
    await assertNotified(store, seen, MAX_TOGETHER + 1);
    await assertStates(store, queue, `${MAX_TOGETHER + 1}/0/${MAX_TOGETHER}/${MAX_TOGETHER - 1}`);
    await seen.stop();
    assert.deepEqual(await drainMany(store, queue), [...ids, ...grouped]);
    await store.flush(queue);
  });

  suite.test("pushAll keeps contents of any bytes and sizes", async (store) => {
    const queue = newQueue();
    const sizes = [0, 1, 256, 257, 70_000, 1_000_000];
    const contents = sizes.map((size) => Uint8Array.from({ length: size }, (_, i) => i % 256));
    const all = contents.map((contents, i) => ({ id: Uint8Array.of(0xff, 0, i), contents }));
    assert.equal(await store.pushAll(queue, all, "left"), null);
    for (const { id, contents } of all) {
      const event = (await store.pop(queue, 0))!;
      assert.equal(keyOf(event.id), keyOf(id));
      assert.ok(event.contents.length === contents.length && event.contents.every((byte, i) => byte === i % 256));
    }
  });

  suite.test("pushAll copies its arguments", async (store) => {
    const queue = newQueue();
    const all = events("1", "2");
    await store.pushAll(queue, all, "left");
    for (const { id, contents } of all) for (const given of [id, contents]) given.fill(0);
    assert.equal(shown(await store.pop(queue, 0)), "1=c-1");
    assert.equal(shown(await store.pop(queue, 0)), "2=c-2");
  });

  suite.test("pushAll among other operations of one turn takes effect in the order of the calls", async (store) => {
    const queue = newQueue();
    const together = (...ids: string[]) =>
      store.pushAll(queue, events(...ids), "left").then((refused) => refused && keyOf(refused));
    const results = await Promise.all([
      store.push(queue, bytes("1"), bytes("c-1"), "left"),
      together("2", "3"),
      together("4", "3"),
      store.pop(queue, 0).then(shown),
      together("1", "4"),
      together("5", "4"),
      store.push(queue, bytes("4"), bytes(""), "left"),
      store.ready(queue),
    ]);
    assert.deepEqual(results, [true, null, "3", "1=c-1", null, "4", false, 4]);
    assert.deepEqual(await drain(store, queue), ["2", "3", "1", "4"]);
  });
}
