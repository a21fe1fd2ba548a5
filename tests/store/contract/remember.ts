/**
 * rememberMs: the ids of acknowledged events stay taken.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  assertRemaining,
  assertStates,
  bytes,
  claimOne,
  countsOf,
  drain,
  fail,
  getEvent,
  isActive,
  newQueue,
  push,
  pushGroup,
  pushWith,
  reclaimUntilTotal,
  samePartition,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";

const LONG_MS = 600_000;

/** A queue that remembers ids, by default for longer than a test. */
async function remembering(store: Store, rememberMs = LONG_MS): Promise<Uint8Array> {
  const queue = newQueue();
  await store.setPolicy(queue, { rememberMs });
  return queue;
}

/** Whether a push of the id is refused. */
async function taken(store: Store, queue: Uint8Array, id: string): Promise<boolean> {
  return !await store.push(queue, bytes(id), bytes(""), "left");
}

type Way = (store: Store, queue: Uint8Array) => Promise<unknown>;

/** Acknowledges the event 1, which is ready. */
const ACKNOWLEDGEMENTS: Record<string, Way> = {
  "ack of a ready event": (store, queue) => store.ack(queue, bytes("1")),
  "ack of a leased event": async (store, queue) => {
    await claimOne(store, queue);
    await store.ack(queue, bytes("1"));
  },
  "ack with a receipt": async (store, queue) => store.ack(queue, bytes("1"), (await claimOne(store, queue)).receipt),
  "ack of a delayed event": async (store, queue) => {
    await fail(store, queue, "1", { delayMs: LONG_MS });
    await store.ack(queue, bytes("1"));
  },
  "ackAll": async (store, queue) => store.ackAll(queue, [await claimOne(store, queue)]),
  "pop without a lease": (store, queue) => store.pop(queue, 0),
  "claim without a lease": (store, queue) => store.claim(queue, 5, 0),
};

/** Removes the event 1, which is ready, otherwise. */
const OTHER_ENDS: Record<string, Way> = {
  "bury": (store, queue) => store.bury(queue, bytes("1")),
  "the last attempt": (store, queue) => fail(store, queue, "1", { dead: true }),
  "the end of the last lease": async (store, queue) => {
    await store.setPolicy(queue, { maxAttempts: 1 });
    await claimOne(store, queue, 1);
    await reclaimUntilTotal(store, queue, 0);
  },
  "flush": (store, queue) => store.flush(queue),
  "flush of a leased event": async (store, queue) => {
    await claimOne(store, queue);
    await store.flush(queue);
    await store.ack(queue, bytes("1"));
  },
  "move": (store, queue) => store.move(queue, samePartition(queue), 1, 0),
  "moveEvent": (store, queue) => store.moveEvent(queue, samePartition(queue), bytes("1")),
};

export function rememberTests(suite: Suite): void {
  for (const [way, acknowledge] of Object.entries(ACKNOWLEDGEMENTS)) {
    suite.test(`an id stays taken after ${way}`, async (store) => {
      const queue = await remembering(store);
      await push(store, queue, "1");
      await acknowledge(store, queue);
      assert.equal(await taken(store, queue, "1"), true);
      assert.equal((await getEvent(store, queue, "1")).state, "done");
      assert.equal(await taken(store, queue, "2"), false);
      assert.deepEqual(await drain(store, queue), ["2"]);
      assert.equal((await store.status(queue)).pushed, 2);
    });
  }

  for (const [way, end] of Object.entries(OTHER_ENDS)) {
    suite.test(`an id is free after ${way}`, async (store) => {
      const queue = await remembering(store);
      await push(store, queue, "1");
      await end(store, queue);
      assert.equal(await store.get(queue, bytes("1")), null);
      assert.equal(await taken(store, queue, "1"), false);
    });
  }

  suite.test("an id is free after its event expired", async (store) => {
    const queue = await remembering(store);
    await pushWith(store, queue, "1", { ttlMs: 10 });
    await pushWith(store, queue, "2", { ttlMs: 10 });
    await sleep(15);
    assert.equal(await taken(store, queue, "1"), false);
    await store.ack(queue, bytes("1"));
    await reclaimUntilTotal(store, queue, 0);
    assert.equal(await taken(store, queue, "2"), false);
  });

  suite.test("the ids of blocked and dead events are remembered when they are acknowledged", async (store) => {
    const queue = await remembering(store);
    const dead = deadQueueOf(queue);
    await pushGroup(store, queue, "a", "1", "2", "3");
    await store.ack(queue, bytes("2"));
    assert.equal(await taken(store, queue, "2"), true);
    await store.setPolicy(dead, { rememberMs: LONG_MS });
    await fail(store, queue, "1", { dead: true });
    await store.ack(dead, bytes("1"));
    assert.deepEqual([await taken(store, dead, "1"), await taken(store, queue, "1")], [true, false]);
    assert.deepEqual(await drain(store, queue), ["3", "1"]);
  });

  suite.test("get returns a remembered id as done, until it is forgotten", async (store) => {
    const queue = await remembering(store);
    await store.push(queue, bytes("1"), new Uint8Array(300), "left", {
      group: bytes("a"),
      meta: bytes("m"),
      ttlMs: 1e9,
    });
    await fail(store, queue, "1", { reason: bytes("why") });
    await store.ack(queue, bytes("1"));
    const { id, dueMs, contents, reason, ...rest } = await getEvent(store, queue, "1");
    assert.deepEqual([id, contents, reason].map(keyOf), ["1", "", ""]);
    assert.deepEqual(rest, { state: "done", attempts: 0, ageMs: 0, size: 0, expiresMs: null, group: null, meta: null });
    assertRemaining(dueMs, LONG_MS);
    assert.equal((await store.get(queue, bytes("1"), 0))!.state, "done");
  });

  suite.test("a remembered id is no event", async (store) => {
    const queue = await remembering(store);
    await push(store, queue, "1");
    const { receipt } = await claimOne(store, queue);
    const id = bytes("1");
    await store.ack(queue, id, receipt);
    assert.deepEqual([
      await store.ack(queue, id),
      await store.ack(queue, id, receipt),
      await store.ackAll(queue, [{ id, receipt }]),
      await store.redo(queue, id),
      await store.nack(queue, id),
      await store.touch(queue, id, 1),
      await store.bury(queue, id),
      await store.moveEvent(queue, samePartition(queue), id),
      await store.pop(queue, 0),
      await store.peek(queue, "right"),
      await store.ready(queue),
    ], [0, 0, 0, 0, 0, 0, "absent", "absent", null, null, 0]);
    await assertStates(store, queue, "0/0/0/0");
    assert.deepEqual((await store.list(queue, undefined, "0", 10)).events, []);
    assert.equal((await store.status(queue)).acked, 1);
  });

  suite.test("remembered ids do not count for maxLength, and keep no queue active that has no policy", async (store) => {
    const queue = await remembering(store);
    await store.setPolicy(queue, { maxLength: 1 });
    for (const id of ["1", "2", "3"]) {
      await push(store, queue, id);
      await store.ack(queue, bytes(id));
    }
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.equal(await isActive(store, queue), true);
    await store.setPolicy(queue, null);
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("an id is free when its time is over, before and after reclaim", async (store) => {
    const queue = await remembering(store, 40);
    for (const reclaim of [false, true]) {
      const since = performance.now();
      await push(store, queue, "1", "2");
      for (const id of ["1", "2"]) await store.ack(queue, bytes(id));
      await eventually(async () => {
        if (reclaim) await store.reclaim();
        return await store.get(queue, bytes("1")) === null && await store.get(queue, bytes("2")) === null;
      });
      assert.ok(performance.now() - since > 35);
      assert.deepEqual([await taken(store, queue, "1"), await taken(store, queue, "2")], [false, false]);
      await store.setPolicy(queue, { rememberMs: 0 });
      await drain(store, queue);
      await store.setPolicy(queue, { rememberMs: 40 });
    }
  });

  suite.test("very many ids are remembered and forgotten", async (store) => {
    const queue = await remembering(store, 400);
    const ids = Array.from({ length: 2500 }, (_, i) => bytes(`${i}`));
    const pushes = () => Promise.all(ids.map((id) => store.push(queue, id, bytes(""), "left")));
    await pushes();
    const acked = await Promise.all(ids.map((id) => store.ack(queue, id)));
    assert.ok(acked.every((removed) => removed === 1));
    assert.equal(await countsOf(store, queue), "0/0/0");
    await eventually(async () => {
      await store.reclaim();
      const known = await Promise.all([0, 1000, 2499].map((i) => store.get(queue, ids[i])));
      return known.every((details) => details === null);
    });
    assert.ok((await pushes()).every((done) => done));
    await store.flush(queue);
  });

  suite.test("only ids acknowledged while the policy says so are remembered, for the time that was set then", async (store) => {
    const queue = newQueue();
    await push(store, queue, "before", "during");
    await store.ack(queue, bytes("before"));
    await store.setPolicy(queue, { rememberMs: LONG_MS });
    assert.equal(await taken(store, queue, "before"), false);
    await store.ack(queue, bytes("during"));
    await store.setPolicy(queue, { rememberMs: 60_000 });
    assert.equal(await taken(store, queue, "during"), true);
    const { dueMs } = await getEvent(store, queue, "during");
    assert.ok(dueMs > 60_000);
    assertRemaining(dueMs, LONG_MS);
    await store.ack(queue, bytes("before"));
    assertRemaining((await getEvent(store, queue, "before")).dueMs, 60_000);
  });

  suite.test("with rememberMs 0 again, pushes of acknowledged ids are accepted", async (store) => {
    const queue = await remembering(store);
    for (const change of [{ rememberMs: 0 }, null]) {
      await store.setPolicy(queue, { rememberMs: LONG_MS });
      await push(store, queue, "1");
      await store.ack(queue, bytes("1"));
      assert.equal(await taken(store, queue, "1"), true);
      await store.setPolicy(queue, change);
      assert.equal(await taken(store, queue, "1"), false);
      assert.equal((await getEvent(store, queue, "1")).state, "ready");
      await store.ack(queue, bytes("1"));
      assert.equal(await taken(store, queue, "1"), false);
      await store.flush(queue);
    }
  });

  suite.test("flush forgets", async (store) => {
    const queue = await remembering(store);
    await push(store, queue, "1", "2");
    await store.ack(queue, bytes("1"));
    await store.flush(queue);
    assert.equal(await store.get(queue, bytes("1")), null);
    assert.equal(await taken(store, queue, "1"), false);
    await store.flush(queue);
    await push(store, queue, "3");
    await store.ack(queue, bytes("3"));
    assert.equal(await taken(store, queue, "3"), true);
  });

  suite.test("move, bury and dead letters do not ask what their destination remembers", async (store) => {
    const queue = newQueue();
    const [other, dead] = [samePartition(queue), deadQueueOf(queue)];
    for (const name of [other, dead]) {
      await store.setPolicy(name, { rememberMs: LONG_MS });
      await push(store, name, "1", "2");
      await drain(store, name);
    }
    await push(store, queue, "1", "2");
    assert.deepEqual(await store.move(queue, other, 1, 0), { moved: 1, skipped: 0 });
    assert.equal(await store.moveEvent(queue, other, bytes("2")), "moved");
    assert.equal((await getEvent(store, other, "1")).state, "ready");
    assert.equal(await taken(store, other, "1"), true);
    await push(store, queue, "1", "2");
    await fail(store, queue, "1", { dead: true });
    assert.equal(await store.bury(queue, bytes("2")), "buried");
    for (const name of [other, dead]) {
      assert.equal(shown(await store.pop(name, 60_000)), "1=c-1");
      assert.equal(await store.ack(name, bytes("1")), 1);
      assert.equal((await getEvent(store, name, "1")).state, "done");
      assert.deepEqual(await drain(store, name), ["2"]);
    }
  });

  suite.test("ids of any bytes and up to 1,024 bytes are remembered, in their own queue only", async (store) => {
    const [queue, other] = [await remembering(store), await remembering(store)];
    const ids = [bytes("1"), bytes("11"), Uint8Array.of(0), Uint8Array.of(0, 0xff, 0xc3, 0x28), new Uint8Array(1024)];
    for (const id of ids) {
      await store.push(queue, id, bytes(""), "left");
      await store.ack(queue, id);
    }
    for (const id of ids) assert.equal(await store.push(queue, id, bytes(""), "left"), false);
    for (const id of ids) assert.equal(await store.push(other, id, bytes(""), "left"), true);
    assert.equal(await taken(store, queue, "111"), false);
  });

  suite.test("pushAll and delayed pushes ask for remembered ids too", async (store) => {
    const queue = await remembering(store);
    await push(store, queue, "1");
    await store.ack(queue, bytes("1"));
    const events = ["2", "1", "3"].map((id) => ({ id: bytes(id), contents: bytes("") }));
    assert.equal(keyOf((await store.pushAll(queue, events, "left"))!), "1");
    assert.equal(await store.push(queue, bytes("1"), bytes(""), "right", { delayMs: 10, group: bytes("a") }), false);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("operations of one turn remember in the order of the calls", async (store) => {
    const queue = await remembering(store);
    const put = (id: string) => store.push(queue, bytes(id), bytes(id), "left");
    const results = await Promise.all([
      put("1"),
      store.pop(queue, 0).then(shown),
      put("1"),
      put("2"),
      store.ack(queue, bytes("2")),
      put("2"),
      store.flush(queue),
      put("1"),
      store.get(queue, bytes("2")),
    ]);
    assert.deepEqual(results, [true, "1=1", false, true, 1, false, undefined, true, null]);
  });
}
