/**
 * Delays and times to live.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import type { Side, Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  bytes,
  claimIds,
  countsOf,
  drain,
  getEvent,
  lease,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  reclaimUntilTotal,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";

export function delayTests(suite: Suite): void {
  suite.test("push with a delay delays the event, which counts in total", async (store) => {
    const queue = newQueue();
    const since = performance.now();
    await pushWith(store, queue, "1", { delayMs: 60 });
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.equal(await store.ready(queue), 0);
    assert.equal(await store.pop(queue, 60_000), null);
    assert.deepEqual(await store.claim(queue, 1, 60_000), []);
    for (const side of ["left", "right"] as const) assert.equal(await store.peek(queue, side), null);
    assert.ok((await store.active()).some((name) => keyOf(name) === keyOf(queue)));
    await reclaimUntilReady(store, queue, 1);
    assert.ok(performance.now() - since > 55);
    assert.equal(shown(await store.pop(queue, 0)), "1=c-1");
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.ok((await store.active()).every((name) => keyOf(name) !== keyOf(queue)));
  });

  suite.test("delayed events enter at the end they were pushed to, in the order of their times", async (store) => {
    const queue = newQueue();
    await push(store, queue, "now");
    const pushes: [id: string, side: Side, delayMs: number][] = [
      ["l2", "left", 40],
      ["l1", "left", 20],
      ["r1", "right", 20],
      ["r2", "right", 40],
      ["l3", "left", 60],
    ];
    await Promise.all(pushes.map(([id, side, delayMs]) => pushWith(store, queue, id, { delayMs }, side)));
    await sleep(80); // all are due together
    await reclaimUntilReady(store, queue, 6);
    assert.deepEqual(await drain(store, queue), ["r2", "r1", "now", "l1", "l2", "l3"]);
  });

  suite.test("endDelay makes a delayed event ready, at the end and with the time to live it has, and no other", async (store) => {
    const queue = newQueue();
    const endDelay = (id: string) => store.endDelay(queue, bytes(id));
    assert.equal(await endDelay("left"), 0);
    await push(store, queue, "leased", "ready");
    await store.claim(queue, 1, 60_000);
    await pushWith(store, queue, "left", { delayMs: 600_000, ttlMs: 700_000 });
    await pushWith(store, queue, "right", { delayMs: 600_000 }, "right");
    await pushWith(store, queue, "later", { delayMs: 600_000 });
    assert.deepEqual(await Promise.all(["", "leased", "ready", "absent"].map(endDelay)), [0, 0, 0, 0]);
    assert.deepEqual(await Promise.all(["left", "right", "left"].map(endDelay)), [1, 1, 1]);
    await reclaimUntilReady(store, queue, 3);
    assert.equal(await endDelay("left"), 0);
    assert.equal(await countsOf(store, queue), "5/1/0");
    assert.ok((await getEvent(store, queue, "left")).expiresMs! > 600_000);
    assert.deepEqual(await drain(store, queue), ["right", "ready", "left"]);
    assert.equal((await getEvent(store, queue, "later")).state, "delayed");
  });

  suite.test("endDelay ends the backoff of a failed event, and an event that is acknowledged has none", async (store) => {
    const queue = newQueue();
    await push(store, queue, "failed", "gone");
    for (const id of ["failed", "gone"]) {
      await lease(store, queue, 1);
      await store.nack(queue, bytes(id), undefined, { delayMs: 600_000 });
    }
    const [acked, ended] = await Promise.all([
      store.ack(queue, bytes("gone")),
      store.endDelay(queue, bytes("gone")),
    ]);
    assert.deepEqual([acked, ended], [1, 0]);
    assert.equal(await store.endDelay(queue, bytes("failed")), 1);
    await reclaimUntilReady(store, queue, 1);
    assert.equal((await getEvent(store, queue, "failed")).attempts, 1);
    assert.deepEqual(await drain(store, queue), ["failed"]);
  });

  suite.test("events with the same delay enter in the order of their pushes", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 2500 }, (_, i) => `${(i * 7919) % 2500}`);
    await Promise.all(ids.map((id) => pushWith(store, queue, id, { delayMs: 50 })));
    await reclaimUntilReady(store, queue, ids.length);
    const claimed = [];
    while (claimed.length < ids.length) claimed.push(...await store.claim(queue, 1000, 0));
    assert.deepEqual(claimed.map(({ id }) => keyOf(id)), ids);
  });

  suite.test("watch notifies of delayed events when their delay ends, not before", async (store) => {
    const queue = newQueue();
    let notified = 0;
    const stop = await store.watch(queue, (events) => notified += events);
    await pushWith(store, queue, "1", { delayMs: 40 });
    await pushWith(store, queue, "2", { delayMs: 40 }, "right");
    assert.equal(notified, 0);
    await reclaimUntilReady(store, queue, 2);
    await eventually(() => notified === 2);
    await stop();
  });

  suite.test("a delayed event is in the queue: its id is refused, and it can be acknowledged or flushed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "2");
    for (const side of ["left", "right"] as const) {
      await pushWith(store, queue, "1", { delayMs: 20 }, side);
      assert.equal(await store.push(queue, bytes("1"), bytes(""), "left"), false);
      assert.equal(await store.push(queue, bytes("1"), bytes(""), "left", { delayMs: 1 }), false);
      assert.equal(await store.redo(queue, bytes("1")), 0);
      assert.equal(await store.touch(queue, bytes("1"), 10), 0);
      assert.equal(await store.ack(queue, bytes("1")), 1);
      assert.equal(await store.ack(queue, bytes("1")), 0);
    }
    await pushWith(store, queue, "3", { delayMs: 20 });
    await store.flush(queue);
    assert.equal(await countsOf(store, queue), "0/0/0");
    await sleep(30);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "0/0/0");
    await push(store, queue, "1", "3");
    assert.deepEqual(await drain(store, queue), ["1", "3"]);
  });

  suite.test("an event without options is ready at once and stays, after another with its id was delayed and expired", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "1", { delayMs: 20, ttlMs: 30 });
    await Promise.all([store.ack(queue, bytes("1")), push(store, queue, "1")]);
    assert.equal(await store.ready(queue), 1);
    await sleep(50);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.deepEqual(await drain(store, queue), ["1"]);
  });

  suite.test("an expired event is never delivered, before and after reclaim", async (store) => {
    const queue = newQueue();
    for (const after of [false, true]) {
      await pushWith(store, queue, "0", { ttlMs: 15 }, "right");
      await push(store, queue, "1");
      for (const id of ["2", "3"]) await pushWith(store, queue, id, { ttlMs: 15 });
      await push(store, queue, "4");
      await pushWith(store, queue, "5", { ttlMs: 15 });
      await sleep(25);
      if (after) await reclaimUntilTotal(store, queue, 2);
      assert.equal(shown(await store.peek(queue, "right")), "1=c-1");
      assert.equal(shown(await store.peek(queue, "left")), "4=c-4");
      assert.deepEqual((await store.claim(queue, 2, 0)).map(shown), ["1=c-1", "4=c-4"]);
      assert.equal(await store.pop(queue, 60_000), null);
      await reclaimUntilTotal(store, queue, 0);
    }
  });

  suite.test("claim passes as many expired events as it asks for, and more, and delivers the next ones once", async (store) => {
    for (const expired of [250, 700]) {
      const queue = newQueue();
      const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
      await Promise.all(Array.from({ length: expired }, (_, i) => pushWith(store, queue, `x${i}`, { ttlMs: 1 })));
      await Promise.all(ids.map((id) => pushWith(store, queue, id, {})));
      await sleep(5);
      assert.deepEqual(await claimIds(store, queue, 250), ids.slice(0, 250));
      assert.deepEqual(await claimIds(store, queue, 250), ids.slice(250));
      assert.equal(await store.pop(queue, 0), null);
    }
  });

  suite.test("an event that has not expired is delivered with its contents", async (store) => {
    const queue = newQueue();
    for (const size of [0, 5, 300]) {
      const contents = new Uint8Array(size).fill(size);
      await store.push(queue, bytes("1"), contents, "left", { ttlMs: 60_000 });
      for (const take of [() => store.peek(queue, "left"), () => store.pop(queue, 60_000)]) {
        assert.equal(shown(await take()), shown({ id: bytes("1"), contents }));
      }
      await store.ack(queue, bytes("1"));
    }
  });

  suite.test("an expired event is removed in any position, and its id is free at once", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "1", { ttlMs: 15 });
    await push(store, queue, "2");
    await pushWith(store, queue, "3", { ttlMs: 15, delayMs: 60_000 });
    await sleep(20);
    assert.equal(await store.push(queue, bytes("1"), bytes("new"), "left"), true);
    assert.equal(await store.push(queue, bytes("3"), bytes("new"), "left", { ttlMs: 60_000 }), true);
    await reclaimUntilTotal(store, queue, 3);
    await store.reclaim();
    assert.deepEqual(await drain(store, queue), ["2", "1", "3"]);
  });

  suite.test("a leased event that expires stays with its consumer", async (store) => {
    const queue = newQueue();
    const pushed = ["1", "2"].map((id) => pushWith(store, queue, id, { ttlMs: 15 }));
    assert.equal((await store.claim(queue, 2, 60_000)).length, 2);
    await Promise.all(pushed);
    await sleep(25);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "2/2/0");
    assert.equal(await store.touch(queue, bytes("1"), 60_000), 1);
    assert.equal(await store.ack(queue, bytes("1")), 1);
    assert.equal(await countsOf(store, queue), "1/1/0");
    await push(store, queue, "1");
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "2/1/0");
  });

  const returns: Record<string, (store: Store, queue: Uint8Array, receipt: Uint8Array) => Promise<unknown>> = {
    redo: (store, queue) => store.redo(queue, bytes("1")),
    release: (store, queue, receipt) => store.release(queue, bytes("1"), receipt),
    nack: (store, queue) => store.nack(queue, bytes("1")),
    "nack with a delay": (store, queue) => store.nack(queue, bytes("1"), undefined, { delayMs: 1 }),
    "the end of a lease": (store, queue) => store.touch(queue, bytes("1"), 1),
  };
  for (const [way, giveBack] of Object.entries(returns)) {
    suite.test(`an event that expired while it was leased is removed by ${way}`, async (store) => {
      const queue = newQueue();
      for (const seen of [false, true]) {
        // In one turn, so that it cannot expire before it is delivered.
        const pushed = pushWith(store, queue, "1", { ttlMs: 10 });
        const [{ receipt }] = await store.claim(queue, 1, 60_000);
        await pushed;
        await sleep(20);
        if (seen) await store.reclaim();
        assert.ok(await giveBack(store, queue, receipt));
        await reclaimUntilTotal(store, queue, 0);
      }
    });
  }

  suite.test("an event that returns before it expires is ready until then", async (store) => {
    const queue = newQueue();
    // In one turn, so that it cannot expire.
    const [, , redone, ready] = await Promise.all([
      pushWith(store, queue, "1", { ttlMs: 100 }),
      lease(store, queue, 1),
      store.redo(queue, bytes("1")),
      store.ready(queue),
    ]);
    assert.deepEqual([redone, ready], [1, 1]);
    await reclaimUntilTotal(store, queue, 0);
  });

  suite.test("the longest delays, times to live and leases are accepted", async (store) => {
    const queue = newQueue();
    const long = 31_536_000_000_000;
    await pushWith(store, queue, "1", { ttlMs: long });
    await pushWith(store, queue, "2", { delayMs: long });
    await lease(store, queue, 1, 1);
    assert.equal(await store.touch(queue, bytes("1"), long), 1);
    await sleep(10);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "2/1/0");
  });
}
