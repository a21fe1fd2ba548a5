import { QueueCounters } from "../../../../store/counters.ts";
import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { AGAIN, GroupCommit } from "../../../../store/sqlite/database/group_commit.ts";
import { EventOperations } from "../../../../store/sqlite/operations/events.ts";
import { Tables } from "../../../../store/sqlite/tables/tables.ts";
import { type Event, QueueFull, StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { FakeTimers } from "../../../support/fake_timers.ts";
import { bytes } from "../../contract/suite.ts";

const JOBS = bytes("jobs");

/** A store in parts. `seen` counts commits, events that listeners were notified of, and reports. */
function storeInParts() {
  const db = openDatabase(MEMORY);
  const seen = { commits: 0, notified: 0, reports: [] as string[] };
  const counters = new QueueCounters();
  let notified = () => {};
  const tables = new Tables(db, counters, (_key, events) => {
    seen.notified += events;
    notified();
  });
  const { policies, queues } = tables;
  const afterCommit = tables.afterCommit.bind(tables);
  tables.afterCommit = () => {
    seen.commits++;
    afterCommit();
  };
  const events = new EventOperations(tables);
  const commit = new GroupCommit(db, tables, (level) => seen.reports.push(level));
  const push = (id: string, size = 10) =>
    commit.run(() => events.push(JOBS, bytes(id), new Uint8Array(size).fill(1), "left"), JOBS, true);
  const ready = () => commit.run(() => queues.find(JOBS)?.ready ?? 0);
  const onNotified = (call: () => unknown) => notified = () => void call();
  return { db, seen, counters, tables, policies, events, commit, push, ready, onNotified };
}

/** A clock that a test moves: a busy machine would end transactions early. */
function stillClock() {
  const { now } = performance;
  const clock = { ms: 0, [Symbol.dispose]: () => void (performance.now = now) };
  performance.now = () => clock.ms;
  return clock;
}

Deno.test("GroupCommit runs the operations of 50 tasks of one turn in one transaction", async () => {
  using _clock = stillClock();
  const { db, seen, push } = storeInParts();
  let start = () => {};
  const read = new Promise<void>((resolve) => start = resolve);
  const connections = [...Array(50)].map(async (_, i) => {
    await read;
    if (i % 2 === 0) await null;
    await push(`${i}`);
  });
  await new Promise((resolve) => setTimeout(resolve));
  start();
  await Promise.all(connections);
  assert.deepEqual(seen, { commits: 1, notified: 50, reports: [] });
  db.close();
});

Deno.test("GroupCommit resolves all promises of a transaction after the commit and before the next turn", async () => {
  using _clock = stillClock();
  const { db, seen, push } = storeInParts();
  const order: string[] = [];
  setTimeout(() => order.push("next turn"));
  await Promise.all([...Array(100)].map((_, i) => push(`${i}`).then(() => order.push(`${seen.commits}`))));
  assert.deepEqual(order, [...Array(100)].map(() => "1"));
  await new Promise((resolve) => setTimeout(resolve));
  db.close();
});

Deno.test("GroupCommit rejects only the operation that throws, with its error", async () => {
  const { db, seen, commit, events, push, ready } = storeInParts();
  await push("before");
  const bug = new TypeError("A bug");
  const results = await Promise.allSettled([
    push("1"),
    commit.run(() => {
      events.push(JOBS, bytes("undone"), bytes(""), "left");
      throw bug;
    }),
    push("2"),
    push("1"),
    // STRICT refuses it: an error of SQLite that is not one of the storage.
    commit.run(() => db.exec("INSERT INTO queues VALUES (1000, 'text', 'x', 0, 0, 0)")),
    push("3"),
  ]);
  assert.deepEqual(results.map((result) => result.status === "fulfilled" ? result.value : "failed"), [
    true,
    "failed",
    true,
    false,
    "failed",
    true,
  ]);
  assert.equal((results[1] as PromiseRejectedResult).reason, bug);
  assert.ok(!((results[4] as PromiseRejectedResult).reason instanceof StoreUnavailable));
  assert.equal(await ready(), 4);
  assert.equal(seen.notified, 4);
  assert.equal(await commit.run(() => events.pop(JOBS, 0)).then((event) => event?.contents.length), 10);
  assert.equal(await push("undone"), true);
  assert.equal(await ready(), 4);
  db.close();
});

Deno.test("GroupCommit rolls back policies, pauses and counters", async () => {
  const { db, counters, policies, commit, push } = storeInParts();
  const [kept, undone] = [bytes("kept"), bytes("undone")];
  const change = (name: Uint8Array, maxLength: number) => {
    policies.change(name, { maxLength });
    policies.pause(name, Date.now() + 60_000);
  };
  await Promise.allSettled([
    commit.run(() => change(kept, 1)),
    commit.run(() => {
      change(kept, 2);
      change(undone, 3);
      policies.resume(kept);
      throw new TypeError("A bug");
    }),
    push("1"),
  ]);
  const seen = await commit.run(() =>
    ["kept", "undone"].map((key) => [policies.of(key).maxLength, policies.isPaused(key)])
  );
  assert.deepEqual(seen, [[1, true], [0, false]]);
  assert.deepEqual(policies.names().map(String), [String(kept)]);
  assert.equal(counters.of(JOBS).pushed, 1);
  db.close();
});

Deno.test("GroupCommit rejects an operation that returns an error, and commits the others", async () => {
  const { db, seen, commit, push, ready } = storeInParts();
  const results = await Promise.allSettled([push("1"), commit.run(() => new QueueFull()), push("2")]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.ok((results[1] as PromiseRejectedResult).reason instanceof QueueFull);
  assert.deepEqual([seen.commits, await ready()], [1, 2]);
  db.close();
});

Deno.test("GroupCommit refuses what needs room while the disk is full, and applies all else in the same turn", async () => {
  using clock = stillClock();
  const { db, seen, commit, events, push, ready } = storeInParts();
  await push("before");
  await push("kept");
  const pages = Number(Object.values(db.prepare("PRAGMA page_count").get()!)[0]);
  db.exec(`PRAGMA max_page_count = ${pages + 2}`);
  for (let round = 0; round < 2; round++) {
    const acked = commit.run(() => events.ack(JOBS, bytes(round === 0 ? "before" : "1")));
    const results = await Promise.allSettled([push("1"), push("2", 1_000_000), push("3")]);
    for (const result of results) {
      assert.equal(result.status, "rejected");
      assert.ok(result.reason instanceof StoreUnavailable);
      assert.equal(result.reason.outcomeUnknown, false);
      assert.match(result.reason.message, /full/);
    }
    assert.equal(await acked, 1 - round);
    assert.equal(await ready(), 1);
  }
  assert.deepEqual([seen.reports, commit.full], [["warn"], true]);
  assert.equal(seen.notified, 2);
  db.exec("PRAGMA max_page_count = 1000000");
  clock.ms += 1000;
  assert.equal(await push("1"), true);
  assert.deepEqual([seen.reports, commit.full], [["warn", "info"], false]);
  assert.deepEqual(await Promise.all([push("2", 1_000_000), push("3")]), [true, true]);
  assert.equal(await ready(), 4);
  db.close();
});

Deno.test("GroupCommit reads 1 MiB of contents in a transaction, and lets the event loop turn between two", async () => {
  const { db, seen, commit, events, push } = storeInParts();
  const ids = [...Array(12)].map((_, i) => `${i}`);
  for (const id of ids) await push(id, 1024 * 1024);
  const reads = {
    peek: () => events.peek(JOBS, "right"),
    claim: () => {
      const claimed = events.claim(JOBS, 1, 60_000, Infinity);
      return claimed === AGAIN ? AGAIN : claimed[0];
    },
    pop: () => events.pop(JOBS, 0),
  };
  for (const [name, read] of Object.entries(reads)) {
    for (const id of ids) if (name === "pop") await commit.run(() => events.ack(JOBS, bytes(id)));
    for (const id of ids) if (name === "pop") await push(id, 1024 * 1024);
    seen.commits = 0;
    const order: string[] = [];
    const tick = () => {
      order.push("turn");
      if (order.filter((entry) => entry !== "turn").length < ids.length) setTimeout(tick);
    };
    setTimeout(tick);
    const found = await Promise.all(ids.map(async () => {
      const event = await commit.run(read, JOBS);
      order.push("read");
      return new TextDecoder().decode(event!.id);
    }));
    assert.deepEqual(found, name === "peek" ? ids.map(() => "0") : ids);
    assert.ok(seen.commits >= ids.length, `${name}: ${seen.commits} transactions`);
    assert.doesNotMatch(order.join(" "), /read read/, name);
  }
  db.close();
});

Deno.test("GroupCommit deletes 2 MiB of contents in a transaction", async () => {
  const { db, seen, commit, events, push, ready } = storeInParts();
  const ids = [...Array(20)].map((_, i) => `${i}`);
  for (const id of ids) await push(id, 1024 * 1024);
  const commits: number[] = [];
  await Promise.all(
    ids.map((id) => commit.run(() => events.ack(JOBS, bytes(id)), JOBS).then(() => commits.push(seen.commits))),
  );
  assert.deepEqual(new Set(ids.map((_, i) => commits.filter((commit) => commit === commits[i]).length)), new Set([2]));
  assert.equal(await ready(), 0);
  db.close();
});

Deno.test("GroupCommit lets operations of other queues pass large ones, and keeps the order of each queue", async () => {
  const { db, commit, events, push } = storeInParts();
  const other = bytes("other");
  for (const id of ["1", "2", "3"]) await push(id, 1024 * 1024);
  const order: string[] = [];
  const run = (name: string, queue: Uint8Array, apply: () => unknown) =>
    commit.run(apply as () => null, queue).then(() => order.push(name));
  const pops = ["1", "2", "3"].map((id) => run(`pop ${id}`, JOBS, () => events.pop(JOBS, 0)));
  await Promise.all([
    ...pops,
    run("push", JOBS, () => events.push(JOBS, bytes("4"), bytes(""), "right")),
    run("flush", JOBS, () => events.flush(JOBS)),
    run("other push", other, () => events.push(other, bytes("1"), bytes("x"), "left")),
    run("other pop", other, () => events.pop(other, 0)),
  ]);
  const ofJobs = order.filter((name) => !name.startsWith("other"));
  assert.deepEqual(ofJobs, ["pop 1", "pop 2", "pop 3", "push", "flush"]);
  assert.ok(order.indexOf("other push") < order.indexOf("pop 2"), `${order}`);
  assert.ok(order.indexOf("other pop") < order.indexOf("pop 2"), `${order}`);
  db.close();
});

Deno.test("A transaction that is paused leaves large contents alone, and serves small ones", async () => {
  const { db, tables, commit, events, push } = storeInParts();
  const other = bytes("other");
  const [large, small] = ["large", "small"].map((id) => bytes(id));
  await commit.run(() => events.push(other, small, new Uint8Array(1000), "left"));
  await push("large", 1024 * 1024);
  for (const paused of [true, false]) {
    await commit.run(() => {
      tables.onBegin(paused);
      const put = [
        events.peek(JOBS, "left"),
        events.pop(JOBS),
        events.claim(JOBS, 9, 1000, 9e9),
        events.ack(JOBS, large),
      ]
        .map((result) => result === AGAIN);
      // A full transaction puts off what follows.
      assert.deepEqual(put, paused ? [true, true, true, true] : [false, true, true, true]);
      assert.equal((events.peek(other, "left") as Event).contents.length, 1000);
      if (!paused) assert.equal(events.ack(other, small), 1);
    });
  }
  db.close();
});

Deno.test("GroupCommit takes no further operation into a transaction that takes long", async () => {
  using clock = stillClock();
  const { db, seen, commit } = storeInParts();
  await Promise.all([...Array(34)].map(() => commit.run(() => clock.ms += 4)));
  assert.equal(seen.commits, 3);
  db.close();
});

Deno.test("GroupCommit applies an operation again after those that wait, if it asks for that", async () => {
  const { db, seen, commit, push } = storeInParts();
  const order: string[] = [];
  let left = 2;
  await Promise.all([
    commit.run(() => left-- > 0 ? AGAIN : left).then((result) => order.push(`again ${result}`)),
    push("1").then(() => order.push("push")),
    new Promise((resolve) => setTimeout(resolve)).then(() => order.push("turn")),
  ]);
  assert.deepEqual(order, ["push", "turn", "again -1"]);
  assert.equal(seen.commits, 3);
  db.close();
});

Deno.test("GroupCommit runs operations that a commit causes without waiting for a timer", async () => {
  using _timers = new FakeTimers(); // of which none ever ends
  const { db, commit, push, onNotified } = storeInParts();
  const caused = Promise.withResolvers<string>();
  onNotified(() => caused.resolve(commit.run(() => "caused")));
  await push("1");
  assert.equal(await caused.promise, "caused");
  db.close();
});

Deno.test("GroupCommit completes on closing what did not fit into a transaction", async () => {
  const { db, commit, events, push } = storeInParts();
  for (const id of ["1", "2", "3"]) await push(id, 5 * 1024 * 1024);
  const pops = [1, 2, 3].map(() => commit.run(() => events.pop(JOBS, 0), JOBS));
  await pops[0];
  commit.close();
  assert.deepEqual((await Promise.all(pops)).map((event) => event!.id[0]), [..."123"].map((id) => id.charCodeAt(0)));
  db.close();
});

Deno.test("GroupCommit lets the event loop turn when each result causes the next operation", async () => {
  const { db, commit, ready } = storeInParts();
  let turns = 0;
  let done = false;
  const turning = (async () => {
    for (; !done; turns++) await new Promise((resolve) => setTimeout(resolve));
  })();
  for (let i = 0; turns < 3; i++) {
    assert.ok(i < 100_000, "no timer fires");
    await ready();
  }
  done = true;
  await turning;
  commit.close();
  db.close();
});
