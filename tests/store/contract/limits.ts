/**
 * maxProcessing and rate: how much of a queue is delivered.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  assertStates,
  bytes,
  claimIds,
  claimOne,
  drain,
  lease,
  newQueue,
  push,
  pushGroup,
  pushWith,
  reclaimUntilReady,
  samePartition,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { watchQueue } from "./watch.ts";

/** Fills no bucket within a test. */
const SLOW = 0.000_1;

async function isLimited(store: Store, queue: Uint8Array): Promise<boolean> {
  return (await store.status(queue)).limited;
}

/** The queues that findReady names. */
async function foundReady(store: Store, queues: Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  await store.findReady(queues, (queue) => found.push(keyOf(queue)));
  return found;
}

/** Ends the delivery of the event 1, so that another event may be delivered. */
const ENDS: Record<string, (store: Store, queue: Uint8Array, receipt: Uint8Array) => Promise<unknown>> = {
  ack: (store, queue) => store.ack(queue, bytes("1")),
  ackAll: (store, queue, receipt) => store.ackAll(queue, [{ id: bytes("1"), receipt }]),
  redo: (store, queue) => store.redo(queue, bytes("1")),
  release: (store, queue, receipt) => store.release(queue, bytes("1"), receipt),
  nack: (store, queue) => store.nack(queue, bytes("1")),
  "nack with a delay": (store, queue) => store.nack(queue, bytes("1"), undefined, { delayMs: 600_000 }),
  "the last attempt": (store, queue) => store.nack(queue, bytes("1"), undefined, { dead: true }),
  bury: (store, queue) => store.bury(queue, bytes("1")),
  "the end of its lease": async (store, queue) => {
    await store.touch(queue, bytes("1"), 1);
    await eventually(async () => {
      await store.reclaim();
      return (await store.status(queue)).processing < 2;
    });
  },
};

export function limitTests(suite: Suite): void {
  suite.test("no more than maxProcessing events are leased", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxProcessing: 3 });
    await push(store, queue, "1", "2", "3", "4", "5", "6");
    assert.equal(await store.ready(queue) > 0, true);
    assert.equal(await isLimited(store, queue), false);
    assert.equal(shown(await store.pop(queue, 60_000)), "1=c-1");
    assert.deepEqual(await claimIds(store, queue, 10), ["2", "3"]);
    assert.equal(await store.pop(queue, 60_000), null);
    assert.equal(await store.pop(queue, 0), null);
    assert.deepEqual([await claimIds(store, queue, 10), await claimIds(store, queue, 10, 0)], [[], []]);
    await assertStates(store, queue, "3/3/0/0");
    assert.equal(await store.ready(queue), 0);
    assert.equal(await isLimited(store, queue), true);
    assert.equal(shown(await store.peek(queue, "right")), "4=c-4");
    await store.ack(queue, bytes("2"));
    assert.equal(await isLimited(store, queue), false);
    assert.deepEqual(await claimIds(store, queue, 10), ["4"]);
    await store.flush(queue);
    await store.setPolicy(queue, null);
  });

  for (const [way, end] of Object.entries(ENDS)) {
    suite.test(`${way} lets a limited queue deliver again, and notifies listeners`, async (store) => {
      const queue = newQueue();
      await store.setPolicy(queue, { maxProcessing: 2 });
      await push(store, queue, "1", "2", "3", "4");
      const [{ receipt }] = await store.claim(queue, 10, 600_000);
      assert.equal(await store.ready(queue), 0);
      const seen = await watchQueue(store, queue);
      await end(store, queue, receipt);
      await eventually(() => seen.sum >= 1);
      await seen.stop();
      assert.equal(await store.ready(queue) > 0, true);
      assert.equal(await isLimited(store, queue), false);
      assert.equal((await claimIds(store, queue, 10)).length, 1);
      assert.equal((await store.status(queue)).processing, 2);
      await store.flush(queue);
      await store.setPolicy(queue, null);
    });
  }

  suite.test("pops and claims of one turn do not exceed maxProcessing", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxProcessing: 5 });
    const ids = Array.from({ length: 30 }, (_, i) => `${i}`);
    const [popped, claimed] = await Promise.all([
      Promise.all([...Array(3)].map(() => store.pop(queue, 60_000))),
      Promise.all([...Array(3)].map(() => store.claim(queue, 4, 60_000))),
      ...ids.map((id) => store.push(queue, bytes(id), bytes(""), "left")),
    ]);
    const early = popped.filter((event) => event !== null).length + claimed.flat().length;
    assert.ok(early <= 5, `${early} events are leased`);
    const more = await Promise.all([...Array(20)].map(() => store.pop(queue, 60_000)));
    assert.equal(early + more.filter((event) => event !== null).length, 5);
    assert.equal((await store.status(queue)).processing, 5);
    await store.flush(queue);
    await store.setPolicy(queue, null);
  });

  suite.test("events delivered without a lease are not being processed", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxProcessing: 1 });
    await push(store, queue, "1", "2", "3", "4", "5");
    assert.deepEqual(await claimIds(store, queue, 3, 0), ["1", "2", "3"]);
    assert.deepEqual(await drain(store, queue), ["4", "5"]);
    await store.setPolicy(queue, null);
  });

  suite.test("maxProcessing may be lowered below the number of leased events, raised and removed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5", "6");
    await lease(store, queue, 3);
    await store.setPolicy(queue, { maxProcessing: 2 });
    assert.equal((await store.status(queue)).processing, 3);
    assert.equal(await store.pop(queue, 60_000), null);
    await store.ack(queue, bytes("1"));
    assert.equal(await store.pop(queue, 60_000), null);
    const seen = await watchQueue(store, queue);
    await store.setPolicy(queue, { maxProcessing: 3 });
    await eventually(() => seen.sum >= 1);
    await seen.stop();
    assert.deepEqual(await claimIds(store, queue, 10), ["4"]);
    await store.setPolicy(queue, null);
    assert.deepEqual(await claimIds(store, queue, 10), ["5", "6"]);
  });

  suite.test("a queue is limited only while it has ready events", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxProcessing: 1 });
    await pushGroup(store, queue, "a", "1", "2");
    await pushWith(store, queue, "late", { delayMs: 600_000 });
    await lease(store, queue, 1);
    assert.equal(await isLimited(store, queue), false);
    await push(store, queue, "3");
    assert.equal(await isLimited(store, queue), true);
    await store.setPolicy(queue, null);
    assert.equal(await isLimited(store, queue), false);
  });

  suite.test("maxProcessing is of one queue, and findReady leaves out queues that are limited", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    await store.setPolicy(queue, { maxProcessing: 1 });
    for (const name of [queue, other]) {
      await push(store, name, "1", "2");
      await lease(store, name, 1);
    }
    assert.deepEqual(await foundReady(store, [queue, other]), [keyOf(other)]);
    await store.ack(queue, bytes("1"));
    assert.deepEqual((await foundReady(store, [queue, other])).sort(), [queue, other].map(keyOf).sort());
    await store.setPolicy(queue, null);
  });

  suite.test("a limited queue may be moved from, acknowledged by id and flushed", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxProcessing: 1, rate: SLOW });
    await push(store, queue, "1", "2", "3");
    assert.deepEqual(await store.move(queue, samePartition(queue), 1, 0), { moved: 1, skipped: 0 });
    assert.equal(await store.ack(queue, bytes("2")), 1);
    await store.flush(queue);
    assert.equal(await isLimited(store, queue), false);
    assert.deepEqual(await drain(store, samePartition(queue)), ["1"]);
    await store.setPolicy(queue, null);
  });

  suite.test("a queue delivers nothing at first after its rate was set or changed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    for (const rate of [SLOW, SLOW / 2]) {
      await store.setPolicy(queue, { rate });
      assert.equal(await store.pop(queue, 60_000), null);
      assert.equal(await store.pop(queue, 0), null);
      assert.deepEqual([await claimIds(store, queue), await claimIds(store, queue, 10, 0)], [[], []]);
      assert.equal(await store.ready(queue), 0);
      assert.deepEqual(await foundReady(store, [queue]), []);
      assert.equal(await isLimited(store, queue), true);
      await assertStates(store, queue, "2/0/0/0");
      assert.equal(shown(await store.peek(queue, "right")), "1=c-1");
    }
    await store.setPolicy(queue, { rate: 0 });
    assert.equal(await isLimited(store, queue), false);
    assert.deepEqual(await claimIds(store, queue, 10), ["1", "2"]);
    assert.equal(await isLimited(store, queue), false);
    await store.setPolicy(queue, null);
  });

  suite.test("a queue delivers no more events than its rate allows, and all in the end", async (store) => {
    for (const leaseMs of [0, 60_000]) {
      const queue = newQueue();
      const [events, rate] = [30, 150];
      const ids = Array.from({ length: events }, (_, i) => `${i}`);
      await push(store, queue, ...ids);
      const since = performance.now();
      await store.setPolicy(queue, { rate });
      const got: string[] = [];
      await eventually(async () => {
        got.push(...await claimIds(store, queue, 10, leaseMs));
        const event = await store.pop(queue, leaseMs);
        if (event !== null) got.push(keyOf(event.id));
        // The clocks of the store and of the test are rounded to milliseconds.
        const allowed = (performance.now() - since + 2) / 1000 * rate;
        assert.ok(got.length <= allowed, `${got.length} instead of ${allowed} events`);
        return got.length === events;
      });
      assert.deepEqual(got, ids);
      await store.flush(queue);
      await store.setPolicy(queue, null);
    }
  });

  suite.test("a queue saves up one second of its rate, and at least one event", async (store) => {
    const [queue, slow] = [newQueue(), newQueue()];
    const ids = Array.from({ length: 40 }, (_, i) => `${i}`);
    for (const name of [queue, slow]) await push(store, name, ...ids);
    await store.setPolicy(queue, { rate: 20 });
    await store.setPolicy(slow, { rate: 0.9 });
    await sleep(1200); // the buckets are full
    const since = performance.now();
    const [many, one] = await Promise.all([claimIds(store, queue, 40), claimIds(store, slow, 40)]);
    const more = Math.ceil((performance.now() - since + 2) / 1000 * 20);
    assert.ok(many.length >= 20 && many.length <= 20 + more, `${many.length} events`);
    assert.deepEqual(one, ["0"]);
    for (const name of [queue, slow]) {
      await store.flush(name);
      await store.setPolicy(name, null);
    }
  });

  suite.test("a change of other fields does not empty the bucket", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await store.setPolicy(queue, { rate: 0.9 });
    await eventually(async () => await store.ready(queue) > 0);
    await store.setPolicy(queue, { maxAttempts: 5 });
    assert.deepEqual(await claimIds(store, queue, 10), ["1"]);
    assert.equal(await isLimited(store, queue), true);
    await store.setPolicy(queue, null);
  });

  suite.test("listeners are notified when there is room in the bucket, after a step that found none", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    await store.setPolicy(queue, { rate: 10 });
    const seen = await watchQueue(store, queue);
    const got: string[] = [];
    while (got.length < 3) {
      const before = seen.sum;
      const claimed = await claimIds(store, queue, 10);
      got.push(...claimed);
      if (got.length < 3) await eventually(() => seen.sum > before);
    }
    assert.deepEqual(got, ["1", "2", "3"]);
    await seen.stop();
    await store.flush(queue);
    await store.setPolicy(queue, null);
  });

  suite.test("an event that returns is delivered within the rate like any other", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    const claimed = await claimOne(store, queue);
    await store.setPolicy(queue, { rate: SLOW });
    await store.nack(queue, claimed.id);
    assert.equal(await store.pop(queue, 60_000), null);
    assert.equal(await isLimited(store, queue), true);
    await store.setPolicy(queue, null);
    await reclaimUntilReady(store, queue, 1);
    assert.equal((await claimOne(store, queue)).attempt, 2);
  });

  suite.test("both limits and groups hold together", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxProcessing: 2, rate: 500 });
    for (const group of ["a", "b", "c"]) await pushGroup(store, queue, group, `${group}1`, `${group}2`, `${group}3`);
    const finished: string[] = [];
    await eventually(async () => {
      const claimed = await store.claim(queue, 10, 60_000);
      assert.ok(claimed.length <= 2);
      assert.equal(new Set(claimed.map(({ group }) => keyOf(group!))).size, claimed.length);
      finished.push(...claimed.map(({ id }) => keyOf(id)));
      assert.equal(await store.ackAll(queue, claimed), claimed.length);
      return finished.length === 9;
    });
    for (const group of ["a", "b", "c"]) {
      assert.deepEqual(finished.filter((id) => id[0] === group), [1, 2, 3].map((i) => `${group}${i}`));
    }
    await store.setPolicy(queue, null);
  });
}
