import { InvalidSchedule, Schedule } from "../../../core/timetables/schedule.ts";
import { assert } from "../../deps.ts";

/** The next times after another, in UTC. */
function timesAfter(expression: string, zone: string, after: string, count: number): string[] {
  const times = new Schedule(expression, zone).nextTimes(Date.parse(after), count);
  return times.map((time) => new Date(time).toISOString().slice(0, 16));
}

Deno.test("Schedule takes numbers, names, ranges, steps and lists in five fields", () => {
  const cases: [expression: string, next: string][] = [
    ["* * * * *", "2026-11-29T11:16"],
    ["*/15 * * * *", "2026-11-29T11:30"],
    ["10-50/20 12 * * *", "2026-11-29T12:10"],
    ["5,20 11 * * *", "2026-11-29T11:20"],
    ["0 9 * * 1-5", "2026-11-30T09:00"],
    ["0 9 * * MON-fri", "2026-11-30T09:00"],
    ["0 0 * * 0", "2026-12-06T00:00"],
    ["0 0 * * 7", "2026-12-06T00:00"],
    ["0 0 1 JAN *", "2027-01-01T00:00"],
    ["0 0 L * *", "2026-11-30T00:00"],
    ["0 0 29 2 *", "2028-02-29T00:00"],
    ["0 0 13 * FRI", "2026-12-04T00:00"],
    [" 0\t0  1 1 * ", "2027-01-01T00:00"],
  ];
  for (const [expression, next] of cases) {
    assert.deepEqual(timesAfter(expression, "UTC", "2026-11-29T11:15:30Z", 1), [next], expression);
  }
  assert.deepEqual(timesAfter("0 12 29 2 *", "UTC", "2096-02-29T12:00:00Z", 1), ["2104-02-29T12:00"]);
});

Deno.test("Schedule reads an expression in its time zone", () => {
  const after = "2026-11-29T11:15:30Z";
  assert.deepEqual(timesAfter("0 9 * * *", "Europe/Berlin", after, 1), ["2026-11-30T08:00"]);
  assert.deepEqual(timesAfter("0 9 * * *", "America/New_York", after, 1), ["2026-11-29T14:00"]);
  assert.deepEqual(timesAfter("0 9 * * *", "Asia/Kathmandu", after, 1), ["2026-11-30T03:15"]);
  assert.deepEqual(timesAfter("0 9 * * *", "asia/kathmandu", after, 1), ["2026-11-30T03:15"]);
});

// In Berlin, 02:00 to 03:00 does not exist on 29 March 2026, and comes twice on 25 October 2026.
const SPRING = "2026-03-28T23:30:00Z";
const AUTUMN = "2026-10-24T23:45:00Z";

Deno.test("When clocks are put forward, a fixed time that does not exist comes once they are", () => {
  const times = (expression: string, count: number) => timesAfter(expression, "Europe/Berlin", SPRING, count);
  assert.deepEqual(times("30 2 * * *", 2), ["2026-03-29T01:00", "2026-03-30T00:30"]);
  assert.deepEqual(times("30 2 * * 0", 2), ["2026-03-29T01:00", "2026-04-05T00:30"]);
  assert.deepEqual(times("0 3 * * *", 2), ["2026-03-29T01:00", "2026-03-30T01:00"]);
  assert.deepEqual(times("30 2,4 * * *", 2), ["2026-03-29T02:30", "2026-03-30T00:30"]);
  assert.deepEqual(times("*/30 * * * *", 4), [
    ...["2026-03-29T00:00", "2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"],
  ]);
});

Deno.test("When clocks are put back, a fixed time comes once, and others as often as the clock shows them", () => {
  const times = (expression: string, count: number) => timesAfter(expression, "Europe/Berlin", AUTUMN, count);
  assert.deepEqual(times("30 2 * * *", 2), ["2026-10-25T00:30", "2026-10-26T01:30"]);
  assert.deepEqual(times("0 3 * * *", 2), ["2026-10-25T02:00", "2026-10-26T02:00"]);
  assert.deepEqual(times("30 2,4 * * *", 3), ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T03:30"]);
  assert.deepEqual(times("30 * * * *", 4), [
    ...["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30", "2026-10-25T03:30"],
  ]);
});

Deno.test("Schedule refuses an expression without a time to come, at once", () => {
  for (const expression of ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * 30,31 2 *"]) {
    const schedule = new Schedule(expression, "UTC");
    assert.throws(
      () => schedule.next(Date.now()),
      new InvalidSchedule(`cron expression '${expression}' has no time to come`),
    );
  }
});

Deno.test("Schedule finds the last time before another and the next one after it, however many were between", () => {
  const first = Date.parse("2020-01-01T00:00:00Z");
  const until = Date.parse("2026-11-29T11:15:30.250Z");
  const around = (expression: string, zone: string, from = first) => {
    const { last, next } = new Schedule(expression, zone).around(from, until);
    return [last, next].map((time) => new Date(time).toISOString().slice(0, 16));
  };
  assert.deepEqual(around("* * * * *", "UTC"), ["2026-11-29T11:15", "2026-11-29T11:16"]);
  assert.deepEqual(around("* 9 * * *", "UTC"), ["2026-11-29T09:59", "2026-11-30T09:00"]);
  assert.deepEqual(around("0 0 1 1 *", "UTC"), ["2026-01-01T00:00", "2027-01-01T00:00"]);
  assert.deepEqual(around("30 2 * * *", "Europe/Berlin"), ["2026-11-29T01:30", "2026-11-30T01:30"]);
  const exact = Date.parse("2026-11-29T11:15:00Z");
  assert.deepEqual(around("* * * * *", "UTC", exact), ["2026-11-29T11:15", "2026-11-29T11:16"]);
  assert.deepEqual(around("15 11 * * *", "UTC", exact), ["2026-11-29T11:15", "2026-11-30T11:15"]);
});
