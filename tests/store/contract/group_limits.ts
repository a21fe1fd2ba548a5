/**
 * groupLimit: more than one event of a group at a time, and changes of the limit.
 *
 * @module
 */
import type { Store } from "../../../store/store.ts";
import { assert, fc } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  assertStates,
  bytes,
  claimIds,
  consume,
  lease,
  newQueue,
  push,
  pushGroup,
  pushWith,
  reclaimUntilReady,
  type Suite,
} from "./suite.ts";
import { watchQueue } from "./watch.ts";

type Step = { what: "claim" | "acknowledge" | "give back"; events: number } | { what: "limit"; limit: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      what: fc.constantFrom("claim" as const, "claim" as const, "acknowledge" as const, "give back" as const),
      events: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ what: fc.constant("limit" as const), limit: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 40 },
);

/** A queue that allows `groupLimit` events of a group. */
async function withLimit(store: Store, groupLimit: number): Promise<Uint8Array> {
  const queue = newQueue();
  await store.setPolicy(queue, { groupLimit });
  return queue;
}

export function groupLimitTests(suite: Suite): void {
  suite.test("as many events of a group as groupLimit are ready or leased at a time", async (store) => {
    const queue = await withLimit(store, 3);
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4", "a5", "a6");
    await pushGroup(store, queue, "b", "b1", "b2");
    await assertStates(store, queue, "5/0/0/3");
    assert.deepEqual(await claimIds(store, queue), ["a1", "a2", "a3", "b1", "b2"]);
    await store.ack(queue, bytes("b1"));
    assert.equal(await store.ready(queue), 0);
    await store.ack(queue, bytes("a2"));
    assert.deepEqual(await claimIds(store, queue), ["a4"]);
    await store.nack(queue, bytes("a1"), undefined, { delayMs: 600_000 });
    await store.redo(queue, bytes("a3"));
    await assertStates(store, queue, "1/2/1/2");
    assert.deepEqual(await claimIds(store, queue), ["a3"]);
    for (const id of ["a1", "a3", "a4"]) await store.ack(queue, bytes(id));
    assert.deepEqual(await claimIds(store, queue), ["a5", "a6"]);
    for (const id of ["a5", "a6", "b2"]) await store.ack(queue, bytes(id));
    await assertStates(store, queue, "0/0/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("places of a group are freed one by one by operations of one turn", async (store) => {
    const queue = await withLimit(store, 3);
    const ids = Array.from({ length: 12 }, (_, i) => `${10 + i}`);
    await pushGroup(store, queue, "a", ...ids);
    const order: string[] = [];
    for (let claimed: string[]; (claimed = await claimIds(store, queue)).length > 0;) {
      assert.equal(claimed.length, 3);
      order.push(...claimed);
      const acked = await Promise.all(claimed.map((id) => store.ack(queue, bytes(id))));
      assert.deepEqual(acked, [1, 1, 1]);
    }
    assert.deepEqual(order, ids);
    await store.setPolicy(queue, null);
  });

  suite.test("after groupLimit is raised, more events of each group become ready, and listeners are notified", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4", "a5");
    await pushGroup(store, queue, "b", "b1", "b2");
    await lease(store, queue, 2); // a1, b1
    const seen = await watchQueue(store, queue);
    await store.setPolicy(queue, { groupLimit: 3 });
    await reclaimUntilReady(store, queue, 3);
    await assertStates(store, queue, "3/2/0/2");
    await eventually(() => seen.sum >= 3);
    await seen.stop();
    assert.deepEqual((await claimIds(store, queue)).sort(), ["a2", "a3", "b2"]);
    await pushGroup(store, queue, "b", "b3");
    assert.deepEqual(await claimIds(store, queue), ["b3"]);
    await store.flush(queue);
    await store.setPolicy(queue, null);
  });

  suite.test("after groupLimit is raised, all of very many groups get their further events", async (store) => {
    const queue = newQueue();
    const groups = 1500;
    const ids = Array.from({ length: groups * 4 }, (_, i) => `${i % groups}-${Math.floor(i / groups)}`);
    await Promise.all(ids.map((id) => pushWith(store, queue, id, { group: bytes(id.split("-")[0]) })));
    await store.setPolicy(queue, { groupLimit: 3 });
    await reclaimUntilReady(store, queue, groups * 3);
    await assertStates(store, queue, `${groups * 3}/0/0/${groups}`);
    await store.setPolicy(queue, { groupLimit: 1_000_000 });
    await reclaimUntilReady(store, queue, groups * 4);
    await store.flush(queue);
    await store.setPolicy(queue, null);
  });

  suite.test("after groupLimit is lowered, no more events of a group are delivered, and the order stays", async (store) => {
    const queue = await withLimit(store, 4);
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4", "a5", "a6");
    await pushGroup(store, queue, "b", "b1", "b2", "b3");
    await push(store, queue, "plain");
    await store.setPolicy(queue, { groupLimit: 1 });
    assert.deepEqual((await claimIds(store, queue)).sort(), ["a1", "b1", "plain"]);
    assert.equal(await store.pop(queue, 0), null);
    for (const id of ["plain", "b1", "a1"]) await store.ack(queue, bytes(id));
    const order = await consume(store, queue);
    assert.deepEqual(order.filter((id) => id < "b"), ["a2", "a3", "a4", "a5", "a6"]);
    assert.deepEqual(order.filter((id) => id > "b"), ["b2", "b3"]);
    await assertStates(store, queue, "0/0/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("after groupLimit is lowered, pop delivers one of a group at a time", async (store) => {
    const queue = await withLimit(store, 3);
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4");
    await store.setPolicy(queue, null);
    for (const id of ["a1", "a2", "a3", "a4"]) {
      assert.deepEqual(await lease(store, queue, 1), [id]);
      assert.equal(await store.pop(queue, 60_000), null);
      assert.equal(await store.ack(queue, bytes(id)), 1);
    }
  });

  suite.test("after groupLimit is lowered, leased events stay leased, and one that returns waits for its turn", async (store) => {
    const queue = await withLimit(store, 3);
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4");
    assert.deepEqual(await claimIds(store, queue), ["a1", "a2", "a3"]);
    await store.setPolicy(queue, { groupLimit: 1 });
    await store.reclaim();
    assert.equal((await store.status(queue)).processing, 3);
    await store.nack(queue, bytes("a2"));
    assert.equal(await store.pop(queue, 60_000), null);
    await store.ack(queue, bytes("a1"));
    assert.equal(await store.pop(queue, 60_000), null);
    await store.ack(queue, bytes("a3"));
    assert.deepEqual(await consume(store, queue), ["a2", "a4"]);
    await assertStates(store, queue, "0/0/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("groupLimit may be lowered and raised again at any time", async (store) => {
    const queue = await withLimit(store, 3);
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4");
    await store.setPolicy(queue, { groupLimit: 1 });
    assert.deepEqual(await claimIds(store, queue), ["a1"]);
    await store.setPolicy(queue, { groupLimit: 4 });
    await reclaimUntilReady(store, queue, 3);
    assert.deepEqual(await claimIds(store, queue), ["a2", "a3", "a4"]);
    for (const id of ["a1", "a2", "a3", "a4"]) await store.ack(queue, bytes(id));
    await pushGroup(store, queue, "a", "a5");
    assert.deepEqual(await consume(store, queue), ["a5"]);
    await assertStates(store, queue, "0/0/0/0");
    await store.setPolicy(queue, null);
  });

  suite.test("whatever groupLimit changes to, no more events of a group are delivered, in their order", async (store) => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const queue = newQueue();
        const groups = ["a", "b"];
        for (let i = 0; i < 12; i++) for (const group of groups) await pushGroup(store, queue, group, `${group}${i}`);
        const leased: string[] = [];
        const delivered = new Map(groups.map((group) => [group, 0]));
        let limit = 1;
        const claim = async (events: number) => {
          const claimed = await claimIds(store, queue, events);
          for (const id of claimed) {
            const [group, number] = [id[0], Number(id.slice(1))];
            const others = leased.filter((other) => other[0] === group);
            assert.ok(others.length < limit, `${id} is delivered beside ${others} with limit ${limit}`);
            assert.ok(number <= delivered.get(group)!, `${id} is delivered out of order`);
            delivered.set(group, Math.max(delivered.get(group)!, number + 1));
            leased.push(id);
          }
          return claimed.length;
        };
        for (const step of steps) {
          if (step.what === "limit") {
            limit = step.limit;
            await store.setPolicy(queue, { groupLimit: limit });
          } else if (step.what === "claim") await claim(step.events);
          else {
            for (const id of leased.splice(0, step.events)) {
              assert.equal(await store[step.what === "acknowledge" ? "ack" : "nack"](queue, bytes(id)), 1);
            }
          }
        }
        for (let round = 0; (await store.status(queue)).total > 0; round++) {
          assert.ok(round < 1000, "events are left that are not delivered");
          for (const id of leased.splice(0)) await store.ack(queue, bytes(id));
          if (await claim(10) === 0) await store.reclaim();
        }
        assert.deepEqual([...delivered.values()], [12, 12]);
        await store.setPolicy(queue, null);
      }),
      { numRuns: 25 },
    );
  });
}
