/**
 * Timetables: setTimetable, deleteTimetable, timetable, timetables, dueTimetables, fireTimetable.
 *
 * @module
 */
import { compareBytes, keyOf } from "../../../store/bytes.ts";
import { emptyReport } from "../../../store/consistency.ts";
import { MAX_TIMETABLES } from "../../../store/limits.ts";
import type { DueTimetable, Store, Timetable } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes, claimOne, drain, getEvent, isActive, newQueue, push, shown, type Suite } from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

const HOUR_MS = 3_600_000;
/** Not due in any test. */
const LATER = Date.UTC(2100, 0);
const EARLIER = Date.UTC(2020, 0);

/** A timetable that is not due. */
function timetableOf(queue: Uint8Array, change: Partial<Timetable> = {}): Timetable {
  const rule = { expression: "0 9 * * 1-5", zone: "Europe/Berlin" };
  const payload = { group: null, meta: null, contents: bytes("contents") };
  return { queue, name: bytes("daily"), ...rule, ...payload, nextAt: LATER, lastAt: null, ...change };
}

/** Sets a timetable that is due. */
async function setDue(store: Store, queue: Uint8Array, change: Partial<Timetable> = {}): Promise<void> {
  assert.equal(await store.setTimetable(timetableOf(queue, { nextAt: EARLIER, ...change })), true);
}

/** The due timetables of a queue. */
async function dueOf(store: Store, queue: Uint8Array): Promise<DueTimetable[]> {
  return (await store.dueTimetables()).filter((due) => keyOf(due.queue) === keyOf(queue));
}

/** As plain values, because stores return different kinds of byte strings. */
const plain = <T extends object>(value: T | null) =>
  value && Object.fromEntries(Object.entries(value).map(([k, v]) => [k, v instanceof Uint8Array ? keyOf(v) : v]));

export function timetableTests(suite: Suite): void {
  suite.test("a timetable is returned as it was set, whatever its bytes and its size", async (store) => {
    const queue = newQueue();
    const all = Uint8Array.from({ length: 128 }, (_, i) => 2 * i);
    const sizes = [0, 1, 1024, 1025, 300_000];
    const timetables = sizes.flatMap((size) => [
      timetableOf(queue, { name: bytes(`a${size}`), contents: new Uint8Array(size).fill(7) }),
      timetableOf(queue, { name: bytes(`b${size}`), contents: new Uint8Array(size).fill(8), meta: new Uint8Array() }),
      timetableOf(queue, { name: bytes(`c${size}`), contents: new Uint8Array(size), meta: all, group: all, lastAt: 5 }),
    ]);
    timetables.push(
      timetableOf(queue, { name: all, group: new Uint8Array(512).fill(255), zone: "UTC", nextAt: 60_000 }),
    );
    for (const timetable of timetables) assert.equal(await store.setTimetable(timetable), true);
    for (const timetable of timetables) {
      assert.deepEqual(plain(await store.timetable(queue, timetable.name)), plain(timetable));
    }
    assert.equal(await store.timetable(queue, bytes("other")), null);
    assert.equal(await store.timetable(newQueue(), bytes("a0")), null);
    const expected = timetables.toSorted((a, b) => compareBytes(a.name, b.name)).map((timetable) => {
      const { contents, meta: _meta, ...rest } = timetable;
      return plain({ ...rest, size: contents.length });
    });
    assert.deepEqual((await store.timetables(queue)).map(plain), expected);
    for (const { name } of timetables) assert.equal(await store.deleteTimetable(queue, name), true);
  });

  suite.test("timetables lists those of all queues, by queue and name, or those of one", async (store) => {
    const tag = newQueue();
    const queues = ["*", "a", "a?", "aa", "b"].map((name) => bytes(`${keyOf(tag)}${name}`));
    for (const queue of queues.toReversed()) {
      for (const name of ["z", "b", "a"]) await store.setTimetable(timetableOf(queue, { name: bytes(name) }));
    }
    const names = async (queue?: Uint8Array) =>
      (await store.timetables(queue)).filter(({ queue }) => keyOf(queue).startsWith(keyOf(tag)))
        .map(({ queue, name }) => `${keyOf(queue).slice(tag.length)} ${keyOf(name)}`);
    const of = (queue: string) => ["a", "b", "z"].map((name) => `${queue} ${name}`);
    assert.deepEqual(await names(), ["*", "a", "a?", "aa", "b"].flatMap(of));
    for (const queue of queues) assert.deepEqual(await names(queue), of(keyOf(queue).slice(tag.length)));
    assert.deepEqual(await names(tag), []);
    for (const queue of queues) {
      for (const name of ["z", "b", "a"]) await store.deleteTimetable(queue, bytes(name));
    }
    assert.deepEqual(await names(), []);
  });

  suite.test("set replaces a timetable, and keeps its times only with the same expression and zone", async (store) => {
    const queue = newQueue();
    const times = async () => {
      const { nextAt, lastAt } = (await store.timetable(queue, bytes("daily")))!;
      return [nextAt, lastAt];
    };
    await store.setTimetable(timetableOf(queue, { lastAt: EARLIER, contents: new Uint8Array(5000) }));
    await store.setTimetable(
      timetableOf(queue, { nextAt: LATER + HOUR_MS, group: bytes("g"), contents: bytes("new") }),
    );
    assert.deepEqual(await times(), [LATER, EARLIER]);
    const { group, contents } = (await store.timetable(queue, bytes("daily")))!;
    assert.deepEqual([keyOf(group!), keyOf(contents)], ["g", "new"]);
    await store.setTimetable(timetableOf(queue, { nextAt: LATER + 1, zone: "UTC" }));
    assert.deepEqual(await times(), [LATER + 1, null]);
    await store.setTimetable(timetableOf(queue, { nextAt: LATER + 2, zone: "UTC", expression: "0 9 * * 1-6" }));
    assert.deepEqual(await times(), [LATER + 2, null]);
    assert.equal((await store.timetables(queue)).length, 1);
    assert.equal(await store.deleteTimetable(queue, bytes("daily")), true);
    assert.equal(await store.deleteTimetable(queue, bytes("daily")), false);
    assert.equal(await store.timetable(queue, bytes("daily")), null);
  });

  suite.test(`a queue has at most ${MAX_TIMETABLES} timetables, of which each can be replaced`, async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    const set = (i: number, contents = "c") => {
      return store.setTimetable(timetableOf(queue, { name: bytes(`${i}`), contents: bytes(contents) }));
    };
    const results = await Promise.all(Array.from({ length: MAX_TIMETABLES }, (_, i) => set(i)));
    assert.deepEqual([...new Set(results)], [true]);
    assert.equal(await set(MAX_TIMETABLES), false);
    assert.equal(await store.setTimetable(timetableOf(queue, { contents: new Uint8Array(5000) })), false);
    assert.equal(await set(7, "replaced"), true);
    assert.equal(await store.setTimetable(timetableOf(other)), true);
    assert.equal((await store.timetables(queue)).length, MAX_TIMETABLES);
    assert.equal(await store.deleteTimetable(queue, bytes("7")), true);
    assert.equal(await set(MAX_TIMETABLES), true);
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    for (const { queue, name } of await store.timetables()) await store.deleteTimetable(queue, name);
  });

  suite.test("a queue with a timetable is active, also after flush and with the default policy", async (store) => {
    const queue = newQueue();
    await store.setTimetable(timetableOf(queue));
    await push(store, queue, "1");
    await drain(store, queue);
    assert.equal(await isActive(store, queue), true);
    await push(store, queue, "1");
    await store.flush(queue);
    await store.setPolicy(queue, { maxLength: 5 });
    await store.setPolicy(queue, null);
    await store.pause(queue, 60_000);
    await store.resume(queue);
    await store.reclaim();
    assert.equal(await isActive(store, queue), true);
    assert.equal((await store.timetables(queue)).length, 1);
    await store.deleteTimetable(queue, bytes("daily"));
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("fire pushes the event of a due timetable and sets its next time, once", async (store) => {
    const queue = newQueue();
    const seen = await watchQueue(store, queue);
    const before = await store.time();
    const [group, meta] = [bytes("g"), bytes("m")];
    await push(store, queue, "first");
    for (const [i, size] of [0, 3, 5000].entries()) {
      const name = bytes(`${i}`);
      await setDue(store, queue, { name, group, meta, contents: new Uint8Array(size).fill(65) });
      const [due] = await dueOf(store, queue);
      const { name: dueName, expression, zone, nextAt, now } = due;
      assert.deepEqual([keyOf(dueName), expression, zone, nextAt], [`${i}`, "0 9 * * 1-5", "Europe/Berlin", EARLIER]);
      assert.ok(now >= before && now <= await store.time());
      const id = bytes(`${i}@then`);
      const results = await Promise.all(
        Array.from({ length: 20 }, () => store.fireTimetable(queue, name, EARLIER, id, LATER)),
      );
      assert.deepEqual(results.toSorted(), [...Array(19).fill("changed"), "pushed"]);
      assert.deepEqual(await dueOf(store, queue), []);
      const fired = (await store.timetable(queue, name))!;
      assert.equal(fired.nextAt, LATER);
      assert.ok(fired.lastAt! >= before && fired.lastAt! <= await store.time());
      assert.equal(fired.contents.length, size);
    }
    await assertNotified(store, seen, 2); // the others are blocked behind that of their group
    await seen.stop();
    assert.equal(shown(await store.pop(queue, 0)), "first=c-first");
    for (const [i, size] of [0, 3, 5000].entries()) {
      const event = await claimOne(store, queue);
      assert.deepEqual(
        [event.id, event.contents, event.group, event.meta].map((part) => keyOf(part!)),
        [`${i}@then`, "A".repeat(size), "g", "m"],
      );
      await store.ack(queue, event.id);
    }
    assert.equal((await store.status(queue)).pushed, 4);
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    for (const name of ["0", "1", "2"]) await store.deleteTimetable(queue, bytes(name));
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  });

  suite.test("fire does nothing for a time that is not the next one, or for no timetable", async (store) => {
    const queue = newQueue();
    await setDue(store, queue);
    const fire = (name: string, at: number) => store.fireTimetable(queue, bytes(name), at, bytes("id"), LATER);
    assert.equal(await fire("daily", EARLIER - 60_000), "changed");
    assert.equal(await fire("other", EARLIER), "changed");
    assert.equal((await store.status(queue)).total, 0);
    assert.equal((await store.timetable(queue, bytes("daily")))!.nextAt, EARLIER);
    await store.deleteTimetable(queue, bytes("daily"));
    assert.equal(await fire("daily", EARLIER), "changed");
    assert.equal(await isActive(store, queue), false);
  });

  suite.test("fire passes over a time whose event is a duplicate, or for which the queue is full", async (store) => {
    const queue = newQueue();
    const fire = async (id: string, contents: Uint8Array) => {
      await store.setTimetable(timetableOf(queue, { expression: "1 * * * *", nextAt: EARLIER, contents }));
      const result = await store.fireTimetable(queue, bytes("daily"), EARLIER, bytes(id), LATER);
      const { nextAt, lastAt } = (await store.timetable(queue, bytes("daily")))!;
      assert.deepEqual([nextAt, lastAt], [LATER, null]);
      await store.deleteTimetable(queue, bytes("daily"));
      return result;
    };
    await push(store, queue, "1");
    for (const contents of [bytes("c"), new Uint8Array(5000)]) {
      assert.equal(await fire("1", contents), "duplicate");
      await store.setPolicy(queue, { maxLength: 1 });
      assert.equal(await fire("2", contents), "full");
      await store.setPolicy(queue, null);
    }
    await store.setPolicy(queue, { rememberMs: 60_000 });
    await store.ack(queue, bytes("1"));
    assert.equal(await fire("1", bytes("c")), "duplicate");
    assert.equal((await store.status(queue)).total, 0);
    await store.setPolicy(queue, null);
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  });

  suite.test("fire pushes to a paused queue, and behind what is in it", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await store.pause(queue, 0);
    await setDue(store, queue);
    assert.equal(await store.fireTimetable(queue, bytes("daily"), EARLIER, bytes("2"), LATER), "pushed");
    assert.equal(await store.ready(queue), 0);
    assert.equal((await getEvent(store, queue, "2")).state, "ready");
    await store.resume(queue);
    assert.deepEqual(await drain(store, queue), ["1", "2"]);
    await store.deleteTimetable(queue, bytes("daily"));
  });

  suite.test("dueTimetables returns all that are due, in steps if they are many", async (store) => {
    const queues = [newQueue(), newQueue()];
    const names = Array.from({ length: 300 }, (_, i) => bytes(`${i}`));
    await Promise.all(names.map((name, i) => setDue(store, queues[i % 2], { name, nextAt: EARLIER + i })));
    await Promise.all(queues.map((queue) => store.setTimetable(timetableOf(queue, { name: bytes("later") }))));
    const seen: string[] = [];
    for (let due = await store.dueTimetables(); due.length > 0; due = await store.dueTimetables()) {
      for (const { queue, name, nextAt } of due) {
        assert.equal(await store.fireTimetable(queue, name, nextAt, name, LATER), "pushed");
        seen.push(keyOf(name));
      }
    }
    assert.deepEqual(seen.toSorted(), names.map(keyOf).toSorted());
    for (const { queue, name } of await store.timetables()) await store.deleteTimetable(queue, name);
    for (const queue of queues) await store.flush(queue);
  });

  suite.test("check counts timetables and their queues", async (store) => {
    const before = await store.check();
    const [one, two] = [newQueue(), newQueue()];
    await store.setTimetable(timetableOf(one, { contents: new Uint8Array(5000) }));
    await store.setTimetable(timetableOf(one, { name: bytes("other") }));
    await store.setTimetable(timetableOf(two));
    const { queues, timetables, orphans } = await store.check();
    assert.deepEqual([queues - before.queues, timetables - before.timetables], [2, 3]);
    assert.deepEqual(orphans, emptyReport().orphans);
    await store.setTimetable(timetableOf(one, { contents: new Uint8Array(6000) }));
    await store.deleteTimetable(one, bytes("daily"));
    await store.deleteTimetable(one, bytes("other"));
    await store.deleteTimetable(two, bytes("daily"));
    assert.deepEqual(await store.check(), before);
  });
}
