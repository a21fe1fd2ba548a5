/**
 * Groups: order, places, blocked events. Their limits are in `group_limits.ts`.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { emptyReport } from "../../../store/consistency.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import { QueueFull, type Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { moveAll } from "./move.ts";
import {
  assertStates,
  bytes,
  claimIds,
  claimOne,
  consume,
  drain,
  drainMany,
  fail,
  getEvent,
  lease,
  newQueue,
  push,
  pushGroup,
  pushWith,
  reclaimUntilBlocked,
  reclaimUntilReady,
  reclaimUntilTotal,
  samePartition,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

const GROUP = bytes("a");

/** The policy allows one delivery. */
const ONE_ATTEMPT = { maxAttempts: 1 };

/** Removes or moves the ready event a1. */
type Way = (store: Store, queue: Uint8Array) => Promise<unknown>;

const WAYS: Record<string, Way> = {
  "ack of a ready event": (store, queue) => store.ack(queue, bytes("a1")),
  "ack of a leased event": async (store, queue) => {
    await claimOne(store, queue);
    await store.ack(queue, bytes("a1"));
  },
  "ack with a receipt": async (store, queue) => {
    const { receipt } = await claimOne(store, queue);
    assert.equal(await store.ack(queue, bytes("a1"), bytes("x")), 0);
    await assertStates(store, queue, "1/1/0/2");
    await store.ack(queue, bytes("a1"), receipt);
  },
  "ack of a delayed event": async (store, queue) => {
    await fail(store, queue, "a1", { delayMs: 60_000 });
    await store.ack(queue, bytes("a1"));
  },
  "ackAll": async (store, queue) => store.ackAll(queue, [await claimOne(store, queue)]),
  "pop without a lease": (store, queue) => store.pop(queue, 0),
  "claim without a lease": (store, queue) => store.claim(queue, 1, 0),
  "a delivery that is made the last": (store, queue) => fail(store, queue, "a1", { dead: true }),
  "nack after the last attempt": async (store, queue) => {
    await store.setPolicy(queue, ONE_ATTEMPT);
    await fail(store, queue, "a1");
    await store.setPolicy(queue, null);
  },
  "the end of the last lease": async (store, queue) => {
    await store.setPolicy(queue, ONE_ATTEMPT);
    await lease(store, queue, 1, 1);
    await reclaimUntilTotal(store, queue, 3);
    await store.setPolicy(queue, null);
  },
  "bury of a ready event": (store, queue) => store.bury(queue, bytes("a1")),
  "bury of a leased event": async (store, queue) => {
    await claimOne(store, queue);
    await store.bury(queue, bytes("a1"));
  },
  "bury of a delayed event": async (store, queue) => {
    await fail(store, queue, "a1", { delayMs: 60_000 });
    await store.bury(queue, bytes("a1"));
  },
  "move": (store, queue) => store.move(queue, samePartition(queue), 1, 0),
  "moveEvent of a ready event": (store, queue) => store.moveEvent(queue, samePartition(queue), bytes("a1")),
  "moveEvent of a delayed event": async (store, queue) => {
    await fail(store, queue, "a1", { delayMs: 60_000 });
    await store.moveEvent(queue, samePartition(queue), bytes("a1"));
  },
};

/** Returns the leased event a1. */
const RETURNS: Record<string, (store: Store, queue: Uint8Array, receipt: Uint8Array) => Promise<unknown>> = {
  redo: (store, queue) => store.redo(queue, bytes("a1")),
  "redo with a receipt": (store, queue, receipt) => store.redo(queue, bytes("a1"), receipt),
  release: (store, queue, receipt) => store.release(queue, bytes("a1"), receipt),
  nack: (store, queue) => store.nack(queue, bytes("a1")),
  "nack with a delay": (store, queue) => store.nack(queue, bytes("a1"), undefined, { delayMs: 1 }),
  "nack with backoff": async (store, queue) => {
    await store.setPolicy(queue, { backoffMs: 1 });
    await store.nack(queue, bytes("a1"));
    await store.setPolicy(queue, null);
  },
  "the end of its lease": (store, queue) => store.touch(queue, bytes("a1"), 1),
};

/** Two queues of one partition. */
function pair(): [queue: Uint8Array, other: Uint8Array] {
  const queue = newQueue();
  return [queue, samePartition(queue)];
}

async function stateOf(store: Store, queue: Uint8Array, id: string): Promise<string> {
  return (await getEvent(store, queue, id)).state;
}

export function groupTests(suite: Suite): void {
  suite.test("one event of a group is ready or leased at a time, and they are delivered in the order of their pushes", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await assertStates(store, queue, "1/0/0/2");
    for (const [i, id] of ["a1", "a2", "a3"].entries()) {
      assert.equal(await store.ready(queue), 1);
      assert.deepEqual(await claimIds(store, queue), [id]);
      assert.equal(await store.ready(queue), 0);
      assert.equal(await store.pop(queue, 60_000), null);
      await assertStates(store, queue, `0/1/0/${2 - i}`);
      assert.equal(await store.ack(queue, bytes(id)), 1);
    }
    await assertStates(store, queue, "0/0/0/0");
    await pushGroup(store, queue, "a", "a4");
    assert.deepEqual(await drain(store, queue), ["a4"]);
  });

  for (const [way, free] of Object.entries(WAYS)) {
    suite.test(`${way} frees the place: the next event of the group becomes ready on the left`, async (store) => {
      const queue = newQueue();
      await pushGroup(store, queue, "a", "a1", "a2", "a3");
      await push(store, queue, "other");
      await free(store, queue);
      assert.deepEqual([await stateOf(store, queue, "a2"), await stateOf(store, queue, "a3")], ["ready", "blocked"]);
      await assertStates(store, queue, "2/0/0/1");
      assert.equal(shown(await store.peek(queue, "left")), "a2=c-a2");
      assert.deepEqual(await consume(store, queue), ["other", "a2", "a3"]);
      await assertStates(store, queue, "0/0/0/0");
    });

    suite.test(`${way} notifies listeners of the event that becomes ready`, async (store) => {
      const queue = newQueue();
      await pushGroup(store, queue, "a", "a1", "a2", "a3");
      await push(store, queue, "other");
      const [one, two] = [await watchQueue(store, queue), await watchQueue(store, queue)];
      await free(store, queue);
      await assertNotified(store, one, 1);
      await assertNotified(store, two, 1);
      for (const seen of [one, two]) await seen.stop();
      await store.flush(queue);
    });
  }

  suite.test("the end of the time to live frees the place, whatever the state of the event", async (store) => {
    const expire: Record<string, (queue: Uint8Array) => Promise<unknown>> = {
      ready: (queue) => pushWith(store, queue, "a1", { group: GROUP, ttlMs: 15 }),
      // In one turn, so that it cannot expire before it is delivered.
      leased: async (queue) => {
        await Promise.all([pushWith(store, queue, "a1", { group: GROUP, ttlMs: 15 }), lease(store, queue, 1)]);
        await sleep(20);
        await store.redo(queue, bytes("a1"));
      },
      "leased, then its lease ends": (queue) =>
        Promise.all([pushWith(store, queue, "a1", { group: GROUP, ttlMs: 15 }), lease(store, queue, 1, 30)]),
      delayed: (queue) =>
        Promise.all([
          pushWith(store, queue, "a1", { group: GROUP, ttlMs: 15 }),
          lease(store, queue, 1),
          store.nack(queue, bytes("a1"), undefined, { delayMs: 60_000 }),
        ]),
    };
    for (const [state, pushFirst] of Object.entries(expire)) {
      const queue = newQueue();
      await pushFirst(queue);
      await pushGroup(store, queue, "a", "a2", "a3");
      await reclaimUntilTotal(store, queue, 2);
      await assertStates(store, queue, "1/0/0/1");
      assert.deepEqual(await consume(store, queue), ["a2", "a3"], state);
      assert.equal((await store.status(queue)).expired, 1);
    }
  });

  suite.test("a ready event that has expired hides no other event of its group from pop and claim", async (store) => {
    for (const take of ["pop", "claim"] as const) {
      const queue = newQueue();
      await pushWith(store, queue, "a1", { group: GROUP, ttlMs: 15 });
      await pushGroup(store, queue, "a", "a2", "a3");
      await sleep(20);
      if (take === "pop") assert.equal(shown(await store.pop(queue, 60_000)), "a2=c-a2");
      else assert.deepEqual(await claimIds(store, queue), ["a2"]);
      assert.equal(await store.get(queue, bytes("a1")), null);
    }
  });

  suite.test("flush removes blocked events and frees all places", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await pushGroup(store, queue, "b", "b1", "b2");
    await lease(store, queue, 1);
    await store.flush(queue);
    await assertStates(store, queue, "0/0/0/0");
    assert.equal(await store.get(queue, bytes("a2")), null);
    assert.equal(await store.ack(queue, bytes("a1")), 0);
    await pushGroup(store, queue, "a", "a2", "a1");
    await assertStates(store, queue, "1/0/0/1");
    assert.deepEqual(await consume(store, queue), ["a2", "a1"]);
  });

  for (const [way, giveBack] of Object.entries(RETURNS)) {
    suite.test(`an event keeps its place through ${way}, and is delivered before the next of its group`, async (store) => {
      const queue = newQueue();
      await pushGroup(store, queue, "a", "a1", "a2");
      for (let i = 0; i < 3; i++) {
        const { receipt } = await claimOne(store, queue);
        await giveBack(store, queue, receipt);
        await reclaimUntilReady(store, queue, 1);
        await assertStates(store, queue, "1/0/0/1");
      }
      assert.deepEqual(await consume(store, queue), ["a1", "a2"]);
    });
  }

  suite.test("no event of a group is delivered during the delay of one that failed", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2");
    await fail(store, queue, "a1", { delayMs: 600_000 });
    await assertStates(store, queue, "0/0/1/1");
    assert.equal(await store.ready(queue), 0);
    assert.equal(await store.pop(queue, 0), null);
    await store.reclaim();
    assert.equal(await store.peek(queue, "right"), null);
    assert.equal(await store.ack(queue, bytes("a2")), 1);
    await pushGroup(store, queue, "a", "a3");
    await assertStates(store, queue, "0/0/1/1");
    await store.ack(queue, bytes("a1"));
    assert.deepEqual(await drain(store, queue), ["a3"]);
  });

  suite.test("each group is finished in order by a consumer that fails in every way", async (store) => {
    const queue = newQueue();
    const [groups, events] = [7, 12];
    for (let i = 0; i < events; i++) {
      for (let g = 0; g < groups; g++) await pushGroup(store, queue, `${g}`, `${g}-${i}`);
    }
    const finished: string[] = [];
    let step = 0;
    await eventually(async () => {
      await store.reclaim();
      const claimed = await store.claim(queue, 5, 600_000);
      for (const { id, group, receipt } of claimed) {
        const [key, number] = keyOf(id).split("-");
        assert.equal(keyOf(group!), key);
        assert.equal(finished.filter((id) => id.startsWith(`${key}-`)).length, Number(number), "out of order");
        switch (step++ % 8) {
          case 0:
            await store.nack(queue, id, receipt);
            break;
          case 1:
            await store.nack(queue, id, receipt, { delayMs: 3 });
            break;
          case 2:
            await store.redo(queue, id, receipt);
            break;
          case 3:
            await store.release(queue, id, receipt);
            break;
          case 4:
            await store.touch(queue, id, 1, receipt);
            break;
          default:
            finished.push(keyOf(id));
            assert.equal(await store.ack(queue, id, receipt), 1);
        }
      }
      return finished.length === groups * events;
    });
    await assertStates(store, queue, "0/0/0/0");
  });

  suite.test("groups take turns", async (store) => {
    const queue = newQueue();
    for (const group of ["a", "b", "c"]) {
      await pushGroup(store, queue, group, ...[1, 2, 3].map((i) => `${group}${i}`));
    }
    const order = ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"];
    assert.deepEqual(await consume(store, queue), order);
    for (const group of ["a", "b", "c"]) {
      await pushGroup(store, queue, group, ...[1, 2, 3].map((i) => `${group}${i}`));
    }
    assert.deepEqual(await drain(store, queue), order);
  });

  suite.test("a group of 10,000 events delays an event of another by one delivery", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 10_000 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id) => pushWith(store, queue, id, { group: GROUP })));
    await pushGroup(store, queue, "b", "b1");
    assert.deepEqual(await consume(store, queue, 4), ["0", "b1", "1", "2"]);
    await pushGroup(store, queue, "b", "b2");
    assert.deepEqual(await consume(store, queue, 2), ["3", "b2"]);
    await push(store, queue, "plain");
    assert.deepEqual(await consume(store, queue, 2), ["4", "plain"]);
    assert.deepEqual(await drainMany(store, queue), ids.slice(5));
    await assertStates(store, queue, "0/0/0/0");
  });

  suite.test("keys that are parts of each other, of any bytes and up to 512 bytes long, are different groups", async (store) => {
    const queue = newQueue();
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const keys = [
      ...["a", "aa", "a\0", "a\0b", "\0", "\0\0", "a:", ":", "a b", "\r\n", "1", "10", "-1", "\xff", "\xff\xff"].map(
        bytes,
      ),
      Uint8Array.of(0xff),
      Uint8Array.of(0xff, 0xff),
      Uint8Array.of(0xff, 0),
      Uint8Array.of(0xc3, 0x28),
      every,
      every.toReversed(),
      new Uint8Array(511).fill(0xff),
      new Uint8Array(512).fill(0xff),
      new Uint8Array(511),
      new Uint8Array(512),
    ];
    for (let i = 0; i < 3; i++) {
      for (const [k, group] of keys.entries()) {
        // Ids that continue the key, so that a key and an id together are no sign of an event.
        await pushWith(store, queue, `${k}-${i}`, { group });
      }
    }
    await assertStates(store, queue, `${keys.length}/0/0/${keys.length * 2}`);
    for (let i = 0; i < 3; i++) {
      const claimed = await store.claim(queue, 1000, 600_000);
      assert.deepEqual(claimed.map(({ id }) => keyOf(id)), keys.map((_, k) => `${k}-${i}`));
      assert.deepEqual(claimed.map(({ group }) => keyOf(group!)), keys.map(keyOf));
      for (const { id } of claimed) assert.equal(await store.ack(queue, id), 1);
    }
    await assertStates(store, queue, "0/0/0/0");
  });

  suite.test("the same key in two queues is two groups", async (store) => {
    const [queue, other] = pair();
    await pushGroup(store, queue, "a", "1", "2");
    await pushGroup(store, other, "a", "1", "2");
    await assertStates(store, other, "1/0/0/1");
    assert.deepEqual(await consume(store, queue), ["1", "2"]);
    await assertStates(store, other, "1/0/0/1");
  });

  suite.test("push on the right puts an event before the blocked ones, or on the right if a place is free", async (store) => {
    const queue = newQueue();
    await push(store, queue, "plain");
    await pushWith(store, queue, "a1", { group: GROUP }, "right");
    await pushGroup(store, queue, "a", "a4", "a5");
    for (const id of ["a3", "a2"]) await pushWith(store, queue, id, { group: GROUP }, "right");
    await assertStates(store, queue, "2/0/0/4");
    assert.deepEqual(await consume(store, queue), ["a1", "plain", "a2", "a3", "a4", "a5"]);
  });

  suite.test("events go to the front and the back of a line any number of times", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "first");
    const expected: string[] = [];
    for (let i = 0; i < 300; i++) {
      const side = i * 7 % 3 === 0 ? "right" : "left";
      await pushWith(store, queue, `${i}`, { group: GROUP }, side);
      if (side === "left") expected.push(`${i}`);
      else expected.unshift(`${i}`);
    }
    assert.deepEqual(await drain(store, queue), ["first", ...expected]);
  });

  suite.test("a delayed event joins its group when it is due, on the side it was pushed to", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "late", { group: GROUP, delayMs: 30 });
    await pushWith(store, queue, "late right", { group: GROUP, delayMs: 30 }, "right");
    await pushGroup(store, queue, "a", "a1", "a2");
    await assertStates(store, queue, "1/0/2/1");
    assert.deepEqual(await claimIds(store, queue), ["a1"]);
    await reclaimUntilBlocked(store, queue, 3);
    await assertStates(store, queue, "0/1/0/3");
    await store.ack(queue, bytes("a1"));
    assert.deepEqual(await consume(store, queue), ["late right", "a2", "late"]);
  });

  suite.test("delayed events that are due take the places that are free, in the order of their times", async (store) => {
    const queue = newQueue();
    const ids = ["1", "2", "3", "4"];
    await Promise.all(ids.map((id) => pushWith(store, queue, id, { group: GROUP, delayMs: 20 })));
    await pushWith(store, queue, "b", { group: bytes("b"), delayMs: 20 });
    const seen = await watchQueue(store, queue);
    await reclaimUntilBlocked(store, queue, 3);
    await reclaimUntilReady(store, queue, 2);
    await assertStates(store, queue, "2/0/0/3");
    await assertNotified(store, seen, 2);
    await seen.stop();
    assert.deepEqual((await consume(store, queue)).filter((id) => id !== "b"), ids);
  });

  suite.test("a blocked event that expires is not delivered, is removed, and its id is free at once", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1");
    for (const id of ["a2", "a3"]) await pushWith(store, queue, id, { group: GROUP, ttlMs: 15 });
    await pushGroup(store, queue, "a", "a4");
    await sleep(20);
    await pushGroup(store, queue, "a", "a3");
    assert.deepEqual(await consume(store, queue), ["a1", "a4", "a3"]);
    await reclaimUntilTotal(store, queue, 0);
    assert.equal((await store.status(queue)).expired, 2);
    await pushGroup(store, queue, "a", "a1");
    await pushWith(store, queue, "a2", { group: GROUP, ttlMs: 15 });
    await reclaimUntilTotal(store, queue, 1);
    await assertStates(store, queue, "1/0/0/0");
    await pushGroup(store, queue, "a", "a3");
    assert.deepEqual(await consume(store, queue), ["a1", "a3"]);
  });

  suite.test("places that become free in one step are taken in that order, whatever is missing in the lines", async (store) => {
    const queue = newQueue();
    for (const key of ["a", "b", "c"]) await pushGroup(store, queue, key, ...[1, 2, 3, 4].map((i) => `${key}${i}`));
    await pushWith(store, queue, "short", { group: bytes("c"), ttlMs: 15 }, "right");
    await Promise.all([store.ack(queue, bytes("a2")), store.ack(queue, bytes("b3")), sleep(20)]);
    const popped = await Promise.all([1, 2, 3].map(() => store.pop(queue, 0)));
    assert.deepEqual(popped.map(shown), ["a1=c-a1", "b1=c-b1", "c1=c-c1"]);
    assert.deepEqual(await consume(store, queue), ["a3", "b2", "c2", "a4", "b4", "c3", "c4"]);
  });

  suite.test("the place goes past any number of expired events to the next that has not expired", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1");
    const expiring = Array.from({ length: 1200 }, (_, i) => `x${i}`);
    await Promise.all(expiring.map((id) => pushWith(store, queue, id, { group: GROUP, ttlMs: 10 })));
    await pushGroup(store, queue, "a", "a2");
    await sleep(20);
    await store.ack(queue, bytes("a1"));
    await reclaimUntilReady(store, queue, 1);
    assert.deepEqual(await consume(store, queue), ["a2"]);
    await reclaimUntilTotal(store, queue, 0);
  });

  suite.test("a blocked event can be acknowledged, buried and moved, and the others keep their order", async (store) => {
    const [queue, other] = pair();
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4", "a5", "a6", "a7");
    assert.equal(await store.ack(queue, bytes("a3")), 1);
    assert.equal(await store.ack(queue, bytes("a3")), 0);
    assert.equal(await store.bury(queue, bytes("a5")), "buried");
    assert.equal(await store.moveEvent(queue, other, bytes("a7")), "moved");
    await assertStates(store, queue, "1/0/0/3");
    const dead = await getEvent(store, deadQueueOf(queue), "a5");
    assert.deepEqual([dead.state, dead.attempts, keyOf(dead.contents)], ["ready", 0, "c-a5"]);
    const moved = await getEvent(store, other, "a7");
    assert.deepEqual([moved.state, keyOf(moved.group!)], ["ready", "a"]);
    await pushGroup(store, queue, "a", "a3");
    assert.deepEqual(await consume(store, queue), ["a1", "a2", "a4", "a6", "a3"]);
    for (const name of [deadQueueOf(queue), other]) await store.flush(name);
  });

  suite.test("a blocked event is not leased: redo, release, nack, touch and a receipt find nothing", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2");
    const { receipt } = await claimOne(store, queue);
    const id = bytes("a2");
    assert.deepEqual([
      await store.redo(queue, id),
      await store.release(queue, id, receipt),
      await store.nack(queue, id),
      await store.nack(queue, id, undefined, { dead: true }),
      await store.touch(queue, id, 60_000),
      await store.ack(queue, id, receipt),
      await store.ackAll(queue, [{ id, receipt }]),
    ], [0, 0, 0, 0, 0, 0, 0]);
    await assertStates(store, queue, "0/1/0/1");
  });

  suite.test("push refuses the id of a blocked event and does not change that event", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    for (const side of ["left", "right"] as const) {
      for (const group of [undefined, GROUP, bytes("b")]) {
        assert.equal(await store.push(queue, bytes("a2"), bytes("other"), side, { group }), false);
        assert.equal(await store.push(queue, bytes("a2"), bytes("other"), side, { group, delayMs: 1 }), false);
      }
    }
    await assertStates(store, queue, "1/0/0/2");
    assert.equal((await store.status(queue)).pushed, 3);
    assert.equal(keyOf((await getEvent(store, queue, "a2")).contents), "c-a2");
    assert.deepEqual(await consume(store, queue), ["a1", "a2", "a3"]);
  });

  suite.test("maxLength counts blocked events", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { maxLength: 3 });
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    for (const options of [{}, { group: GROUP }, { group: bytes("b") }, { group: GROUP, delayMs: 10 }]) {
      await assert.rejects(store.push(queue, bytes("4"), bytes(""), "left", options), QueueFull);
    }
    assert.equal(await store.push(queue, bytes("a3"), bytes(""), "left"), false);
    await store.ack(queue, bytes("a2"));
    await pushGroup(store, queue, "a", "a4");
    await assert.rejects(store.push(queue, bytes("5"), bytes(""), "left", { group: GROUP }), QueueFull);
    assert.deepEqual(await consume(store, queue), ["a1", "a3", "a4"]);
    await store.setPolicy(queue, null);
  });

  suite.test("get and list show blocked events, with their group and without a delay", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2");
    await pushWith(store, queue, "a3", { group: GROUP, ttlMs: 500_000 });
    await push(store, queue, "plain");
    const { id, ageMs, contents, reason, group, ...rest } = await getEvent(store, queue, "a2");
    assert.deepEqual([id, contents, reason, group!].map(keyOf), ["a2", "c-a2", "", "a"]);
    assert.deepEqual(rest, { state: "blocked", attempts: 0, size: 4, dueMs: 0, expiresMs: null, meta: null });
    assert.ok(ageMs >= 0);
    assert.ok((await getEvent(store, queue, "a3")).expiresMs! <= 500_000);
    assert.equal(keyOf((await getEvent(store, queue, "a1")).group!), "a");
    assert.equal((await getEvent(store, queue, "plain")).group, null);
    const listed = async (state?: "blocked" | "ready") =>
      (await store.list(queue, state, "0", 100)).events
        .map(({ id, state, attempts, size, dueMs }) => `${keyOf(id)} ${state} ${attempts} ${size} ${dueMs}`).sort();
    const blocked = ["a2 blocked 0 4 0", "a3 blocked 0 4 0"];
    const ready = ["a1 ready 0 4 0", "plain ready 0 7 0"];
    assert.deepEqual(await listed("blocked"), blocked);
    assert.deepEqual(await listed("ready"), ready);
    assert.deepEqual(await listed(), [...ready, ...blocked].sort());
  });

  suite.test("list returns all blocked events of many groups, in pages", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 900 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id, i) => pushWith(store, queue, id, { group: bytes(`${i % 30}`) })));
    for (const [state, count] of [["blocked", 20], ["blocked", 1000], [undefined, 70]] as const) {
      const seen = new Set<string>();
      let cursor = "0";
      let pages = 0;
      do {
        const page = await store.list(queue, state, cursor, count);
        for (const event of page.events) {
          if (state) assert.equal(event.state, "blocked");
          seen.add(keyOf(event.id));
        }
        cursor = page.cursor;
        assert.ok(++pages < 1000, "the list has no end");
      } while (cursor !== "0");
      assert.deepEqual([...seen].sort(), ids.slice(state ? 30 : 0).sort());
    }
    await store.flush(queue);
  });

  suite.test("move takes the ready events of a group one after the other, and they join it at the destination", async (store) => {
    const [queue, other] = pair();
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await push(store, queue, "plain");
    await pushGroup(store, other, "a", "a0");
    assert.deepEqual(await moveAll(store, queue, other, 10), { moved: 4, skipped: 0 });
    await assertStates(store, queue, "0/0/0/0");
    await assertStates(store, other, "2/0/0/3");
    assert.equal(keyOf((await getEvent(store, other, "a3")).group!), "a");
    assert.deepEqual(await consume(store, other), ["a0", "plain", "a1", "a2", "a3"]);
  });

  suite.test("move leaves an event whose id the destination holds, which keeps its place", async (store) => {
    const [queue, other] = pair();
    await pushGroup(store, queue, "a", "a1", "a2");
    await push(store, queue, "plain");
    await push(store, other, "a1");
    assert.deepEqual(await moveAll(store, queue, other, 10), { moved: 1, skipped: 1 });
    await assertStates(store, queue, "1/0/0/1");
    assert.equal(await store.moveEvent(queue, other, bytes("a1")), "duplicate");
    assert.deepEqual(await consume(store, queue), ["a1", "a2"]);
    assert.deepEqual(await drain(store, other), ["a1", "plain"]);
  });

  suite.test("dead letters keep their key and are ready at once, whatever their group", async (store) => {
    const queue = newQueue();
    const dead = deadQueueOf(queue);
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    for (const id of ["a1", "a2"]) await fail(store, queue, id, { dead: true });
    assert.equal(await store.bury(queue, bytes("a3")), "buried");
    await assertStates(store, queue, "0/0/0/0");
    await assertStates(store, dead, "3/0/0/0");
    const claimed = await store.claim(dead, 10, 600_000);
    assert.deepEqual(claimed.map(({ id, group }) => `${keyOf(id)} ${keyOf(group!)}`), ["a1 a", "a2 a", "a3 a"]);
    for (const { id } of claimed) await store.nack(dead, id);
    await assertStates(store, dead, "3/0/0/0");
    assert.deepEqual((await drain(store, dead)).sort(), ["a1", "a2", "a3"]);
  });

  suite.test("a dead letter takes no place of its group in the dead queue, and frees none", async (store) => {
    const queue = newQueue();
    const dead = deadQueueOf(queue);
    await pushGroup(store, queue, "a", "a1", "a2");
    await pushGroup(store, dead, "a", "own 1", "own 2");
    for (const id of ["a1", "a2"]) await fail(store, queue, id, { dead: true });
    await assertStates(store, dead, "3/0/0/1");
    assert.equal(await store.ack(dead, bytes("a1")), 1);
    await assertStates(store, dead, "2/0/0/1");
    assert.deepEqual(await consume(store, dead), ["own 1", "a2", "own 2"]);
  });

  suite.test("the replay of dead letters has them join their group in their order", async (store) => {
    const queue = newQueue();
    const dead = deadQueueOf(queue);
    for (const busy of [false, true]) {
      await pushGroup(store, queue, "a", "a1", "a2", "a3");
      for (const id of ["a1", "a2", "a3"]) await fail(store, queue, id, { dead: true });
      if (busy) await pushGroup(store, queue, "a", "a4", "a5");
      assert.deepEqual(await moveAll(store, dead, queue, 2), { moved: 3, skipped: 0 });
      await assertStates(store, queue, busy ? "1/0/0/4" : "1/0/0/2");
      assert.deepEqual(await consume(store, queue), [...busy ? ["a4", "a5"] : [], "a1", "a2", "a3"]);
      await pushGroup(store, queue, "a", "a1");
      await fail(store, queue, "a1", { dead: true });
      assert.equal(await store.moveEvent(dead, queue, bytes("a1")), "moved");
      await assertStates(store, queue, "1/0/0/0");
      await pushGroup(store, queue, "a", "a2");
      await assertStates(store, queue, "1/0/0/1");
      assert.deepEqual(await consume(store, queue), ["a1", "a2"]);
    }
  });

  suite.test("an event that the dead queue cannot take keeps its place", async (store) => {
    const [queue, own] = [newQueue(), newQueue()];
    await push(store, deadQueueOf(queue), "a1");
    await store.setPolicy(own, { deadQueue: own });
    for (const name of [queue, own]) {
      await pushGroup(store, name, "a", "a1", "a2");
      await fail(store, name, "a1", { dead: true });
      await assertStates(store, name, "1/0/0/1");
      assert.equal(await store.bury(name, bytes("a1")), "duplicate");
      await assertStates(store, name, "1/0/0/1");
      assert.deepEqual(await consume(store, name), ["a1", "a2"]);
    }
    await store.setPolicy(own, null);
    await store.flush(deadQueueOf(queue));
  });

  suite.test("watch notifies of a push to a group only if the event becomes ready", async (store) => {
    const queue = newQueue();
    const seen = await watchQueue(store, queue);
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await pushWith(store, queue, "a0", { group: GROUP }, "right");
    await assertNotified(store, seen, 1);
    await pushGroup(store, queue, "b", "b1");
    await assertNotified(store, seen, 2);
    await store.ack(queue, bytes("a2"));
    await assertNotified(store, seen, 2);
    await seen.stop();
    await store.flush(queue);
  });

  suite.test("a paused queue moves its groups on, and delivers when it is resumed", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await claimOne(store, queue);
    await store.pause(queue, 0);
    await store.ack(queue, bytes("a1"));
    await assertStates(store, queue, "1/0/0/1");
    assert.equal(await store.pop(queue, 0), null);
    await store.resume(queue);
    assert.deepEqual(await consume(store, queue), ["a2", "a3"]);
  });

  suite.test("operations on groups in one turn take effect in the order of the calls", async (store) => {
    const queue = newQueue();
    const put = (id: string, group: string, side: "left" | "right" = "left") =>
      store.push(queue, bytes(id), bytes(id), side, { group: bytes(group) });
    const popped = (leaseMs: number) => store.pop(queue, leaseMs).then(shown);
    const results = await Promise.all([
      put("a1", "a"),
      put("a2", "a"),
      put("b1", "b"),
      put("a0", "a", "right"),
      popped(60_000),
      popped(60_000),
      popped(60_000),
      store.ack(queue, bytes("a1")),
      store.nack(queue, bytes("b1")),
      store.status(queue).then(({ ready, processing, blocked }) => `${ready}/${processing}/${blocked}`),
      popped(0),
      popped(0),
      popped(0),
      popped(0),
    ]);
    // deno-fmt-ignore
    assert.deepEqual(results, [
      true, true, true, true, "a1=a1", "b1=b1", "nil", 1, 1, "2/0/1", "b1=b1", "a0=a0", "a2=a2", "nil",
    ]);
    await assertStates(store, queue, "0/0/0/0");
  });

  suite.test("a claim without a lease goes on to the events that become ready by it, up to its count", async (store) => {
    const queue = newQueue();
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4");
    await pushGroup(store, queue, "b", "b1", "b2");
    assert.deepEqual(await claimIds(store, queue, 4, 0), ["a1", "b1", "a2", "b2"]);
    await assertStates(store, queue, "1/0/0/1");
    assert.deepEqual(await claimIds(store, queue, 100, 0), ["a3", "a4"]);
  });

  suite.test("hundreds of groups at once lose and double nothing, and keep their order", async (store) => {
    const queue = newQueue();
    const [groups, events] = [200, 5];
    const ids = Array.from({ length: groups * events }, (_, i) => `${i % groups}-${Math.floor(i / groups)}`);
    await Promise.all(ids.map((id) => pushWith(store, queue, id, { group: bytes(id.split("-")[0]) })));
    await assertStates(store, queue, `${groups}/0/0/${groups * (events - 1)}`);
    const finished: string[] = [];
    const consumer = async () => {
      for (let claimed; (claimed = await store.claim(queue, 7, 600_000)).length > 0;) {
        await Promise.all(claimed.map(async ({ id, receipt }) => {
          finished.push(keyOf(id));
          assert.equal(await store.ack(queue, id, receipt), 1);
        }));
      }
    };
    await Promise.all(Array.from({ length: 8 }, consumer));
    finished.push(...await consume(store, queue)); // a consumer finds none while others hold every place
    for (let g = 0; g < groups; g++) {
      const numbers = finished.filter((id) => id.startsWith(`${g}-`)).map((id) => Number(id.split("-")[1]));
      assert.deepEqual(numbers, [0, 1, 2, 3, 4], `group ${g}`);
    }
    await assertStates(store, queue, "0/0/0/0");
  });

  suite.test("check counts blocked events and finds no orphan among groups in any state", async (store) => {
    const before = await store.check();
    const [queue, other] = pair();
    for (const group of ["a", "b", "c", "d", "e"]) {
      await pushGroup(store, queue, group, ...[1, 2, 3, 4].map((i) => `${group}${i}`));
    }
    assert.equal((await store.check()).events - before.events, 20);
    await lease(store, queue, 3); // a1, b1, c1
    await store.nack(queue, bytes("a1"), undefined, { delayMs: 600_000 });
    await store.nack(queue, bytes("b1"), undefined, { dead: true });
    await store.ack(queue, bytes("c1"));
    await store.ack(queue, bytes("c3"));
    await store.bury(queue, bytes("d2"));
    await store.moveEvent(queue, other, bytes("e3"));
    await pushWith(store, queue, "a5", { group: GROUP, ttlMs: 600_000, delayMs: 600_000 });
    await pushWith(store, queue, "a6", { group: GROUP, ttlMs: 600_000 });
    await pushWith(store, queue, "a0", { group: GROUP }, "right");
    await store.move(queue, other, 2, 0);
    await store.reclaim();
    const { orphans, events } = await store.check();
    assert.deepEqual(orphans, emptyReport().orphans);
    assert.equal(events - before.events, 21);
    for (const name of [queue, other, deadQueueOf(queue)]) await store.flush(name);
    assert.deepEqual(await store.check(), before);
  });
}
