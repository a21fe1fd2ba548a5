/**
 * list: pages, order, cursors.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { MAX_STEP_EVENTS } from "../../../store/limits.ts";
import { type EventInfo, type EventState, InvalidCursor, type Side, type Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  assertAge,
  assertRemaining,
  bytes,
  countsOf,
  fail,
  lease,
  newQueue,
  push,
  pushWith,
  sleep,
  type Suite,
} from "./suite.ts";

/** Lists all pages of a queue. Calls `between` between two pages. */
async function listAll(
  store: Store,
  queue: Uint8Array,
  state: EventState | undefined,
  count: number,
  between: () => Promise<unknown> = () => Promise.resolve(),
  from?: Side,
): Promise<EventInfo[]> {
  const all: EventInfo[] = [];
  for (let cursor = "0", pages = 0;; pages++) {
    assert.ok(pages < 1000, "the list has no end");
    const page = await store.list(queue, state, cursor, count, from);
    assert.match(page.cursor, /^[!-~]{1,64}$/);
    all.push(...page.events);
    cursor = page.cursor;
    if (cursor === "0") return all;
    await between();
  }
}

function idsOf(events: EventInfo[]): string[] {
  return events.map(({ id }) => keyOf(id));
}

/** Sorts ids and removes duplicates. */
function sorted(ids: string[]): string[] {
  return [...new Set(ids)].sort();
}

/** Creates a queue with `count` events in each state; their ids begin with r, p and d. */
async function fillQueue(store: Store, count: number): Promise<Uint8Array> {
  const queue = newQueue();
  const ids = Array.from({ length: count }, (_, i) => `${i}`);
  await Promise.all(ids.map((id) => store.push(queue, bytes(`p${id}`), bytes(""), "left")));
  for (let left = count; left > 0; left -= MAX_STEP_EVENTS) {
    await store.claim(queue, Math.min(left, MAX_STEP_EVENTS), 600_000);
  }
  await Promise.all(ids.map((id) => store.push(queue, bytes(`r${id}`), bytes(""), "left")));
  await Promise.all(ids.map((id, i) => {
    return store.push(queue, bytes(`d${id}`), bytes(""), i % 2 ? "left" : "right", { delayMs: 600_000 + i % 7 });
  }));
  return queue;
}

export function listTests(suite: Suite): void {
  suite.test("list of an empty queue is one empty page", async (store) => {
    for (const state of ["ready", "processing", "delayed", undefined] as const) {
      assert.deepEqual(await store.list(newQueue(), state, "0", 10), { cursor: "0", events: [] });
    }
  });

  suite.test("list returns the details of events in each state", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4");
    await store.push(queue, Uint8Array.of(0xff, 0), new Uint8Array(300), "left");
    for (let i = 0; i < 2; i++) await fail(store, queue, "1");
    await lease(store, queue, 2, 400_000);
    await store.nack(queue, bytes("2"), undefined, { delayMs: 90_000 });
    await pushWith(store, queue, "5", { delayMs: 70_000, ttlMs: 100_000 }, "right");
    await sleep(3);
    const shownAs = async (state: EventState) => {
      return (await listAll(store, queue, state, 10)).map(({ id, state, attempts, size, dueMs, ageMs }) => {
        assertAge(ageMs, 2);
        if (state === "ready") assert.equal(dueMs, 0);
        else assertRemaining(dueMs, { 1: 400_000, 2: 90_000, 5: 70_000 }[keyOf(id)]!);
        return `${keyOf(id)} ${state} ${attempts} ${size}`;
      });
    };
    assert.deepEqual(await shownAs("ready"), ["3 ready 0 3", "4 ready 0 3", "\xff\0 ready 0 300"]);
    assert.deepEqual(await shownAs("processing"), ["1 processing 3 3"]);
    assert.deepEqual((await shownAs("delayed")).sort(), ["2 delayed 1 3", "5 delayed 0 3"]);
  });

  suite.test("list returns ready events in the order of their deliveries, in pages", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5");
    await store.push(queue, bytes("0"), bytes(""), "right");
    const first = await store.list(queue, "ready", "0", 4);
    assert.deepEqual(idsOf(first.events), ["0", "1", "2", "3"]);
    assert.notEqual(first.cursor, "0");
    assert.deepEqual(idsOf((await store.list(queue, "ready", first.cursor, 4)).events), ["4", "5"]);
    for (const count of [1, 2, 3, 6, 100]) {
      assert.deepEqual(idsOf(await listAll(store, queue, "ready", count)), ["0", "1", "2", "3", "4", "5"]);
    }
  });

  suite.test("list from the left returns the newest ready events first, in pages", async (store) => {
    const queue = newQueue();
    assert.deepEqual(await store.list(queue, "ready", "0", 10, "left"), { cursor: "0", events: [] });
    await push(store, queue, "1", "2", "3", "4", "5", "6", "7");
    await store.push(queue, bytes("0"), bytes(""), "right");
    await lease(store, queue, 1);
    await store.ack(queue, bytes("4"));
    for (const count of [1, 2, 3, 6, 100]) {
      const all = await listAll(store, queue, "ready", count, undefined, "left");
      assert.deepEqual(idsOf(all), ["7", "6", "5", "3", "2", "1"]);
    }
    const first = await store.list(queue, "ready", "0", 2, "left");
    await push(store, queue, "8");
    assert.deepEqual(idsOf((await store.list(queue, "ready", first.cursor, 2, "left")).events), ["5", "3"]);
    const large = await fillQueue(store, MAX_STEP_EVENTS + 100);
    const expected = Array.from({ length: MAX_STEP_EVENTS + 100 }, (_, i) => `r${i}`).reverse();
    assert.deepEqual(idsOf(await listAll(store, large, "ready", 1e9, undefined, "left")), expected);
    await store.flush(large);
  });

  suite.test("list without a state returns ready events, then leased, then delayed ones", async (store) => {
    const queue = await fillQueue(store, 5);
    for (const count of [1, 3, 5, 7, 100]) {
      const all = await listAll(store, queue, undefined, count);
      const states = all.map(({ state }) => state);
      assert.deepEqual([...new Set(states)], ["ready", "processing", "delayed"]);
      assert.deepEqual(states, states.toSorted((a, b) => "rpd".indexOf(a[0]) - "rpd".indexOf(b[0])));
      for (const { id, state } of all) assert.equal(keyOf(id)[0], state[0]);
      assert.equal(sorted(idsOf(all)).length, 15);
    }
  });

  suite.test("list changes nothing", async (store) => {
    const queue = await fillQueue(store, 3);
    await listAll(store, queue, undefined, 2);
    assert.equal(await countsOf(store, queue), "9/3/0");
    assert.equal(await store.ready(queue), 3);
    assert.equal(await countsOf(store, newQueue()), "0/0/0");
  });

  suite.test("list returns at most MAX_STEP_EVENTS events in a page, and all of very many in the end", async (store) => {
    const queue = await fillQueue(store, MAX_STEP_EVENTS * 2 + 100);
    const ready = await store.list(queue, "ready", "0", 1e9);
    assert.equal(ready.events.length, MAX_STEP_EVENTS);
    const all = idsOf(await listAll(store, queue, undefined, 1e9));
    const expected = Array.from({ length: MAX_STEP_EVENTS * 2 + 100 }, (_, i) => `${i}`);
    assert.deepEqual(all.filter((id) => id[0] === "r"), expected.map((id) => `r${id}`));
    for (const letter of ["p", "d"]) {
      assert.deepEqual(
        sorted(all.filter((id) => id[0] === letter)),
        sorted(expected.map((id) => letter + id)),
      );
    }
    await store.flush(queue);
  });

  suite.test("list returns all events that keep their position, whatever changes between two pages", async (store) => {
    for (const [state, from] of [["ready"], ["ready", "left"], ["processing"], ["delayed"]] as const) {
      const queue = await fillQueue(store, 400);
      const moved = new Set<string>();
      let round = 0;
      const work = async () => {
        round++;
        for (const event of await store.claim(queue, 3, 600_000)) moved.add(keyOf(event.id));
        for (let i = 0; i < 5; i++) {
          const id = state[0] + `${(round * 7919 + i * 104_729) % 400}`;
          moved.add(id);
          await store.ack(queue, bytes(id));
        }
        await store.push(queue, bytes(`new-${round}`), bytes(""), round % 2 ? "left" : "right");
        await store.push(queue, bytes(`later-${round}`), bytes(""), "left", { delayMs: 500_000 });
        for (let i = 0; i < 2; i++) {
          const id = bytes(`p${(round * 31 + i * 17) % 400}`);
          if (state === "processing") moved.add(keyOf(id));
          await store.redo(queue, id);
        }
      };
      const seen = new Set(idsOf(await listAll(store, queue, state, 20, work, from)));
      assert.ok(round > 5);
      for (let i = 0; i < 400; i++) {
        const id = state[0] + `${i}`;
        assert.ok(seen.has(id) || moved.has(id), `${id} was not shown`);
      }
      await store.flush(queue);
    }
  });

  suite.test("list rejects an invalid cursor", async (store) => {
    const queue = await fillQueue(store, 3);
    for (const cursor of ["", " ", "x", "-1", "\0", "é", "0 ", "9".repeat(400), "NaN", "1e999"]) {
      await assert.rejects(store.list(queue, undefined, cursor, 10), InvalidCursor, JSON.stringify(cursor));
    }
    const results = await Promise.allSettled([
      store.push(queue, bytes("1"), bytes(""), "left"),
      store.list(queue, undefined, "x", 10),
      store.push(queue, bytes("2"), bytes(""), "left"),
    ]);
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  });
}
