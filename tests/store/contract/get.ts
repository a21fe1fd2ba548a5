/**
 * get: the details of one event.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  assertAge,
  assertRemaining,
  bytes,
  claimOne,
  countsOf,
  fail,
  getEvent,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  sleep,
  type Suite,
} from "./suite.ts";

export function getTests(suite: Suite): void {
  suite.test("get returns the details of a ready event", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await sleep(3);
    const { id, ageMs, reason, contents, ...rest } = await getEvent(store, queue, "1");
    assert.deepEqual([id, reason, contents].map(keyOf), ["1", "", "c-1"]);
    assert.deepEqual(rest, {
      state: "ready",
      attempts: 0,
      size: 3,
      dueMs: 0,
      expiresMs: null,
      group: null,
      meta: null,
    });
    assertAge(ageMs, 2);
  });

  suite.test("get returns when the lease, the delay and the time to live of an event end", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "1", { ttlMs: 500_000 });
    const waiting = await getEvent(store, queue, "1");
    assert.deepEqual([waiting.state, waiting.dueMs], ["ready", 0]);
    assertRemaining(waiting.expiresMs!, 500_000);
    await claimOne(store, queue, 300_000);
    const leased = await getEvent(store, queue, "1");
    assert.deepEqual([leased.state, leased.attempts], ["processing", 1]);
    assertRemaining(leased.dueMs, 300_000);
    assertRemaining(leased.expiresMs!, 500_000);
    await store.touch(queue, bytes("1"), 400_000);
    assertRemaining((await getEvent(store, queue, "1")).dueMs, 400_000);
    for (const side of ["left", "right"] as const) {
      await pushWith(store, queue, side, { delayMs: 200_000 }, side);
      const delayed = await getEvent(store, queue, side);
      assert.deepEqual([delayed.state, delayed.attempts, delayed.expiresMs], ["delayed", 0, null]);
      assertRemaining(delayed.dueMs, 200_000);
    }
  });

  suite.test("get returns null for an event that the queue does not hold", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    assert.equal(await store.get(queue, bytes("1")), null);
    await push(store, queue, "1", "2");
    for (const [name, id] of [[other, "1"], [queue, "11"], [queue, ""]] as const) {
      assert.equal(await store.get(name, bytes(id)), null);
    }
    await store.ack(queue, bytes("1"));
    assert.equal(await store.get(queue, bytes("1")), null);
    await store.flush(queue);
    assert.equal(await store.get(queue, bytes("2")), null);
  });

  suite.test("get returns the reason of the last failed delivery, empty if there was none", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    for (const reason of ["first", "\xff\0 second", undefined, "third"]) {
      await fail(store, queue, "1", { reason: reason === undefined ? undefined : bytes(reason) });
      const details = await getEvent(store, queue, "1");
      assert.equal(keyOf(details.reason), keyOf(bytes(reason ?? "")));
      assert.equal(keyOf(details.contents), "c-1");
    }
    await claimOne(store, queue);
    assert.equal(keyOf((await getEvent(store, queue, "1")).reason), "third");
    await store.touch(queue, bytes("1"), 1);
    await reclaimUntilReady(store, queue, 1);
    assert.equal(keyOf((await getEvent(store, queue, "1")).reason), "");
  });

  suite.test("get counts deliveries, the current one included, and the time since the push", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    const counts = [];
    for (const giveBack of ["redo", "nack"] as const) {
      await claimOne(store, queue);
      counts.push((await getEvent(store, queue, "1")).attempts);
      await store[giveBack](queue, bytes("1"));
      counts.push((await getEvent(store, queue, "1")).attempts);
    }
    await store.release(queue, bytes("1"), (await claimOne(store, queue)).receipt);
    counts.push((await getEvent(store, queue, "1")).attempts);
    assert.deepEqual(counts, [1, 1, 2, 2, 2]);
    await sleep(20);
    assert.ok((await getEvent(store, queue, "1")).ageMs >= 19);
  });

  suite.test("get leaves out contents that are longer than asked for", async (store) => {
    const queue = newQueue();
    for (const [i, size] of [0, 10, 11, 300, 70_000].entries()) {
      const id = bytes(`${size}`);
      await store.push(queue, id, new Uint8Array(size).fill(7), "left", i % 2 ? { ttlMs: 500_000 } : undefined);
      await fail(store, queue, `${size}`, { reason: bytes("why") });
      const { contents, reason, expiresMs, ...rest } = (await store.get(queue, id, 10))!;
      assert.deepEqual([contents.length, keyOf(reason), rest.size], [size > 10 ? 0 : size, "why", size]);
      assert.equal(expiresMs === null, i % 2 === 0);
      if (expiresMs !== null) assertRemaining(expiresMs, 500_000);
      assert.equal((await store.get(queue, id, 0))!.contents.length, 0);
      assert.equal((await store.get(queue, id, size))!.contents.length, size);
      await store.ack(queue, id);
    }
  });

  const removals: Record<string, (store: Store, queue: Uint8Array, receipt: Uint8Array) => Promise<unknown>> = {
    ack: (store, queue) => store.ack(queue, bytes("1")),
    "ack with a receipt": (store, queue, receipt) => store.ack(queue, bytes("1"), receipt),
    ackAll: (store, queue, receipt) => store.ackAll(queue, [{ id: bytes("1"), receipt }]),
    bury: (store, queue) => store.bury(queue, bytes("1")),
    flush: (store, queue) => store.flush(queue),
  };
  for (const [way, remove] of Object.entries(removals)) {
    suite.test(`get returns the contents of an event that ${way} removes in the same turn`, async (store) => {
      const queue = newQueue();
      for (const size of [5, 100_000]) {
        await store.push(queue, bytes("1"), new Uint8Array(size), "left");
        const { receipt } = await claimOne(store, queue, 600_000);
        const [details] = await Promise.all([store.get(queue, bytes("1")), remove(store, queue, receipt)]);
        assert.equal(details?.contents.length, size);
        assert.equal(await store.get(queue, bytes("1")), null);
        await store.flush(deadQueueOf(queue));
      }
    });
  }

  suite.test("get returns every byte of ids and contents of any size, and delivers nothing", async (store) => {
    const queue = newQueue();
    const id = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (const size of [0, 1, 256, 257, 70_000]) {
      const contents = Uint8Array.from({ length: size }, (_, i) => i % 256);
      await store.push(queue, id, contents, "left");
      for (let i = 0; i < 2; i++) {
        const details = (await store.get(queue, id))!;
        assert.equal(keyOf(details.id), keyOf(id));
        assert.ok(details.contents.length === size && details.contents.every((byte, i) => byte === i % 256));
        assert.equal(details.size, size);
      }
      assert.equal(await countsOf(store, queue), "1/0/0");
      await store.pop(queue, 0);
    }
  });
}
