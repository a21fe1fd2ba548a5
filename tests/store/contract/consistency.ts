/**
 * check: its counts, and each kind of orphan.
 *
 * @module
 */
import { type ConsistencyReport, emptyReport, type Inconsistency } from "../../../store/consistency.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes, drain, fail, lease, newQueue, push, pushWith, samePartition, sleep, type Suite } from "./suite.ts";

export function consistencyTests(suite: Suite): void {
  suite.test("check counts queues, events and leased events", async (store) => {
    const before = await store.check();
    const queues = [newQueue(), newQueue()];
    await push(store, queues[0], "1", "2", "3");
    await push(store, queues[1], "1");
    await lease(store, queues[0], 2);
    const { queues: active, events, processing } = await store.check();
    const more = [active - before.queues, events - before.events, processing - before.processing];
    assert.deepEqual(more, [2, 4, 2]);
    for (const queue of queues) await store.flush(queue);
    assert.deepEqual(await store.check(), before);
  });

  suite.test("check finds no orphan in queues of any size, in any state", async (store) => {
    const [some, many, registered, big] = [newQueue(), newQueue(), newQueue(), newQueue()];
    await push(store, some, "1", "2", "3");
    await lease(store, some, 1, 1);
    await lease(store, some, 1);
    const ids = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(0xff, i >> 8, i & 0xff, 0));
    await Promise.all(ids.map((id) => store.push(many, id, id, "left")));
    await Promise.all(ids.slice(0, 1200).map(() => store.pop(many, 600_000)));
    await Promise.all(ids.slice(0, 10).map((id) => store.redo(many, id)));
    await store.register(registered, 1);
    for (const id of ["1", "2"]) await store.push(big, bytes(id), new Uint8Array(3_000_000), "right");
    await store.push(some, bytes("l"), bytes(""), "left", { delayMs: 600_000, ttlMs: 700_000 });
    await store.push(some, bytes("r"), bytes(""), "right", { delayMs: 600_000 });
    await store.push(some, bytes("t"), bytes(""), "right", { ttlMs: 600_000 });
    await store.nack(many, ids[100], undefined, { delayMs: 600_000 });
    await sleep(2);
    await store.reclaim();
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    for (const queue of [some, many, big]) await store.flush(queue);
    await store.register(registered, 0);
    for (let i = 0; i < 3; i++) await store.reclaim();
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  });

  suite.test("check counts queues with a policy or a pause, and finds no orphan among their events", async (store) => {
    const before = await store.check();
    const [queue, other, paused] = [newQueue(), newQueue(), newQueue()];
    await store.setPolicy(queue, { maxAttempts: 1, backoffMs: 1000 });
    await store.setPolicy(other, { maxLength: 10 });
    await store.pause(paused, 60_000);
    const { queues, events, orphans } = await store.check();
    assert.deepEqual([queues - before.queues, events - before.events], [3, 0]);
    assert.deepEqual(orphans, emptyReport().orphans);
    await push(store, queue, "1", "2", "3", "4");
    await push(store, deadQueueOf(queue), "2");
    for (const id of ["1", "2"]) await fail(store, queue, id);
    await pushWith(store, deadQueueOf(queue), "5", { ttlMs: 600_000 });
    await store.move(queue, samePartition(queue), 1, 0);
    await store.move(deadQueueOf(queue), queue, 9, 0);
    await store.pause(queue, 0);
    await store.pause(other, 1);
    await sleep(3);
    await store.reclaim();
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    for (const name of [queue, deadQueueOf(queue), samePartition(queue)]) await store.flush(name);
    assert.equal((await store.check()).queues - before.queues, 3);
    for (const name of [queue, other, paused]) {
      await store.setPolicy(name, null);
      await store.resume(name);
    }
    assert.deepEqual(await store.check(), before);
  });

  suite.test("check counts no event in transit as an orphan", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 2500 }, (_, i) => bytes(`${i}`));
    await Promise.all(ids.map((id) => store.push(queue, id, id, "left")));
    let done = false;
    const work = async () => {
      for (let i = 0; !done; i++) {
        await store.push(queue, bytes(`new-${i}`), ids[0], "left");
        const event = await store.pop(queue, 600_000);
        if (event !== null) await (i % 3 === 0 ? store.redo(queue, event.id) : store.ack(queue, event.id));
      }
    };
    const working = Promise.all([work(), work(), work()]);
    for (let i = 0; i < 3; i++) assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    done = true;
    await working;
    await store.flush(queue);
  });
}

/** Makes an orphan, which okq itself never does; undefined if it is impossible in a store. */
export type MakeOrphan = ((queue: Uint8Array) => Promise<void>) | undefined;

/** A store for the tests of orphans. */
export interface OrphanFixture {
  /** Opens the store, which only this test uses; the test closes it. */
  open(): Promise<Store>;
  /** Makes one orphan of each kind, in a queue with the ready events 1 and 2 and the leased event 3. */
  make: Record<Inconsistency, MakeOrphan>;
}

/**
 * Declares the tests of orphans.
 * @param test declares one test, with a store of its own
 */
export function orphanTests(
  kinds: Inconsistency[],
  test: (name: string, body: (fixture: OrphanFixture) => Promise<void>) => void,
): void {
  for (const kind of kinds) {
    test(`check counts one orphan: ${kind}`, async ({ open, make }) => {
      const queue = bytes("jobs{tag}:\xff");
      const check = async (work?: (store: Store) => Promise<unknown>): Promise<ConsistencyReport> => {
        const store = await open();
        try {
          await work?.(store);
          return await store.check();
        } finally {
          await store.close();
        }
      };
      const before = await check(async (store) => {
        await push(store, queue, "3", "1");
        await store.push(queue, bytes("2"), new Uint8Array(1000), "left");
        await lease(store, queue, 1, 600_000);
      });
      assert.deepEqual(before, { ...emptyReport(), queues: 1, events: 3, processing: 1 });
      await make[kind]!(queue);
      assert.deepEqual((await check()).orphans, { ...emptyReport().orphans, [kind]: 1 });
    });
  }

  test("check counts nothing in a store that was emptied", async ({ open }) => {
    const store = await open();
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 1);
    await store.ack(queue, bytes("1"));
    await drain(store, queue);
    assert.deepEqual(await store.check(), emptyReport());
    await store.close();
  });
}
