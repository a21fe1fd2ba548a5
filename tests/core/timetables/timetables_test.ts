import { Log } from "../../../core/log.ts";
import { runTimetableNow, setTimetable, TimetableJob } from "../../../core/timetables/timetables.ts";
import { keyOf } from "../../../store/bytes.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { QueueFull, type Store, type Timetable } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes, claimOne, drain, push } from "../../store/contract/suite.ts";

const JOBS = bytes("jobs");
const NOON = Date.UTC(2030, 0, 7, 12, 0, 5);
const MINUTE_MS = 60_000;

/** Declares a test on SQLite with a clock that it sets. */
function clockTest(
  name: string,
  body: (store: Store, setClock: (time: number) => void, log: Log, lines: string[]) => Promise<void>,
) {
  Deno.test(name, async () => {
    const realNow = Date.now;
    const setClock = (time: number) => Date.now = () => time;
    const lines: string[] = [];
    const store = await openSqliteStore(":memory:");
    try {
      setClock(NOON);
      await body(store, setClock, new Log("warn", (line) => lines.push(line.replace(/^\S+ /, "").trimEnd())), lines);
    } finally {
      Date.now = realNow;
      await store.close();
    }
  });
}

const settings = (name: string, expression: string) => {
  return { queue: JOBS, name: bytes(name), expression, zone: "UTC", group: null, meta: null, contents: bytes("c") };
};

const stored = (name: string, change: Partial<Timetable>): Timetable => {
  return { ...settings(name, "* * * * *"), nextAt: NOON - 5000, lastAt: null, ...change };
};

clockTest(
  "The job pushes what is due once in each minute, with the time as part of the id",
  async (store, setClock, log) => {
    const job = new TimetableJob(store, log);
    await setTimetable(store, settings("a", "* * * * *"));
    await setTimetable(store, settings("b", "30 12 * * *"));
    await job.run();
    assert.deepEqual(await drain(store, JOBS), []);
    for (const minute of [1, 2, 29, 30]) {
      setClock(NOON + minute * MINUTE_MS);
      for (let i = 0; i < 3; i++) await job.run();
      const time = `2030-01-07T12:${`${minute}`.padStart(2, "0")}:00Z`;
      const expected = minute === 30 ? [`a@${time}`, `b@${time}`] : [`a@${time}`];
      assert.deepEqual((await drain(store, JOBS)).sort(), expected);
    }
    setClock(NOON);
    await job.run();
    assert.deepEqual(await drain(store, JOBS), [], "the clock was set back");
  },
);

clockTest("The job works off more timetables than a step takes", async (store, setClock, log) => {
  for (let i = 0; i < 250; i++) await setTimetable(store, settings(`${i}`, "* * * * *"));
  setClock(NOON + MINUTE_MS);
  await new TimetableJob(store, log).run();
  assert.equal((await drain(store, JOBS)).length, 250);
});

clockTest(
  "A timetable that this okq cannot read is logged, and does not stop the others",
  async (store, _set, log, lines) => {
    await store.setTimetable(stored("new", { zone: "Mars/Olympus", nextAt: NOON - MINUTE_MS }));
    await store.setTimetable(stored("newer", { expression: "every day", nextAt: NOON - MINUTE_MS }));
    await store.setTimetable(stored("a", {}));
    await new TimetableJob(store, log).run();
    assert.deepEqual(await drain(store, JOBS), ["a@2030-01-07T12:00:00Z"]);
    assert.equal((await store.dueTimetables()).length, 2);
    assert.equal(lines.length, 2);
    assert.match(
      lines[0],
      /timetable="new" expression="\* \* \* \* \*" zone=Mars\/Olympus time=.* reason="time zone 'Mars/,
    );
    assert.match(
      lines[1],
      /timetable="newer" expression="every day" zone=UTC time=.* reason="cron expression must have /,
    );
  },
);

clockTest("At most 20 times that are passed over have a line of their own", async (store, _setClock, log, lines) => {
  await push(store, JOBS, "1");
  await store.setPolicy(JOBS, { maxLength: 1 });
  for (let i = 0; i < 30; i++) await store.setTimetable(stored(`${i}`, {}));
  await new TimetableJob(store, log).run();
  assert.equal(lines.length, 21);
  assert.match(lines[20], /^warn Passed over times of further timetables timetables=10$/);
});

clockTest("A job that failed tries again in the same minute", async (store, _setClock, log) => {
  let fails = true;
  const failing = new Proxy(store, {
    get(target, name: keyof Store) {
      if (name === "fireTimetable" && fails) return () => Promise.reject(new Error("no store"));
      const value = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await store.setTimetable(stored("a", {}));
  const job = new TimetableJob(failing, log);
  await assert.rejects(job.run(), /no store/);
  fails = false;
  await job.run();
  assert.deepEqual(await drain(store, JOBS), ["a@2030-01-07T12:00:00Z"]);
});

clockTest("runTimetableNow pushes the event at once, and leaves the times as they are", async (store, setClock) => {
  setClock(NOON + 123);
  const [group, meta] = [bytes("g"), bytes("m")];
  await store.setTimetable(stored("a", { group, meta, nextAt: NOON + MINUTE_MS }));
  assert.equal(keyOf((await runTimetableNow(store, JOBS, bytes("a")))!), "a@2030-01-07T12:00:05.123Z");
  const event = await claimOne(store, JOBS);
  assert.deepEqual(
    [event.id, event.contents, event.group, event.meta].map((part) => keyOf(part!)),
    ["a@2030-01-07T12:00:05.123Z", "c", "g", "m"],
  );
  const { nextAt, lastAt } = (await store.timetable(JOBS, bytes("a")))!;
  assert.deepEqual([nextAt, lastAt], [NOON + MINUTE_MS, null]);
  assert.equal(await runTimetableNow(store, JOBS, bytes("none")), null);
  await store.setPolicy(JOBS, { maxLength: 1 });
  setClock(NOON + 124);
  await assert.rejects(runTimetableNow(store, JOBS, bytes("a")), QueueFull);
});
