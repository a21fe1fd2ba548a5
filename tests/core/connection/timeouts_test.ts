import type { Limits } from "../../../core/config/limits.ts";
import { defaultSettings } from "../../../core/config/settings.ts";
import { type ConnectionActivity, Timeouts } from "../../../core/connection/timeouts.ts";
import { assert } from "../../deps.ts";

const START = 1_000_000;
const MIB = 1024 * 1024;

const limits: Limits = {
  ...defaultSettings(),
  authTimeoutMs: 10_000,
  inputTimeoutMs: 20_000,
  idleTimeoutMs: 30_000,
  outputTimeoutMs: 40_000,
  maxOutputBuffer: 2 * MIB,
};

/** An authenticated client that sent its last command at START and has none running. */
const IDLE: ConnectionActivity = {
  unauthenticatedSince: Infinity,
  lastCommandAt: START,
  busy: false,
  partial: false,
  replies: { blocked: false, written: 0, pendingBytes: 0 },
};

/** Checks once a second, from START on for `ms`. Returns the time and the reason of the first timeout that expired. */
function check(
  ms: number,
  at: (elapsed: number) => Partial<ConnectionActivity>,
  bounds = limits,
): [number, string] | undefined {
  const timeouts = new Timeouts();
  for (let elapsed = 0; elapsed <= ms; elapsed += 1000) {
    const reason = timeouts.expired({ ...IDLE, ...at(elapsed) }, bounds, START + elapsed);
    if (reason !== undefined) return [elapsed, reason];
  }
}

Deno.test("Timeouts closes an unauthenticated client after --auth-timeout, not before", () => {
  assert.equal(check(10_000, () => ({ unauthenticatedSince: START })), undefined);
  assert.deepEqual(check(60_000, () => ({ unauthenticatedSince: START })), [11_000, "took too long to authenticate"]);
  const forgotten = (elapsed: number) => ({
    unauthenticatedSince: elapsed < 5000 ? Infinity : START + 5000,
    busy: true,
  });
  assert.deepEqual(check(60_000, forgotten), [16_000, "took too long to authenticate"]);
});

Deno.test("Timeouts closes a client whose command is incomplete for longer than --input-timeout", () => {
  assert.equal(check(20_000, () => ({ partial: true, lastCommandAt: START - 1 })), undefined);
  assert.deepEqual(check(60_000, () => ({ partial: true, lastCommandAt: START - 1 })), [
    21_000,
    "took too long to send a command",
  ]);
});

Deno.test("The input timeout begins with the first byte of each command", () => {
  const late = (elapsed: number) => ({ partial: elapsed >= 25_000 });
  assert.equal(check(45_000, late), undefined);
  assert.deepEqual(check(90_000, late), [46_000, "took too long to send a command"]);
  const steady = (elapsed: number) => ({ partial: true, lastCommandAt: START + elapsed - elapsed % 19_000 });
  assert.equal(check(300_000, steady), undefined);
});

Deno.test("Timeouts closes a client that is idle for longer than --idle-timeout, unless that is 0", () => {
  assert.equal(check(30_000, () => ({})), undefined);
  assert.deepEqual(check(60_000, () => ({})), [31_000, "did nothing for too long"]);
  assert.equal(check(600_000, () => ({}), { ...limits, idleTimeoutMs: 0 }), undefined);
});

Deno.test("A client is not idle while its command runs, nor right after it", () => {
  assert.equal(check(600_000, () => ({ busy: true })), undefined);
  assert.deepEqual(check(600_000, (elapsed) => ({ busy: elapsed <= 100_000 })), [131_000, "did nothing for too long"]);
});

Deno.test("Timeouts closes a client that reads nothing for longer than --output-timeout, not one that reads slowly", () => {
  const idleTimeoutMs = 0;
  const none = () => ({ replies: { blocked: true, written: 10, pendingBytes: MIB } });
  assert.equal(check(40_000, none, { ...limits, idleTimeoutMs }), undefined);
  assert.deepEqual(check(90_000, none, { ...limits, idleTimeoutMs }), [41_000, "did not read its replies"]);
  const slow = (elapsed: number) => ({
    replies: { blocked: true, written: Math.floor(elapsed / 39_000), pendingBytes: MIB },
  });
  assert.equal(check(600_000, slow, { ...limits, idleTimeoutMs }), undefined);
  const intermittent = (elapsed: number) => ({
    replies: { blocked: elapsed % 40_000 !== 0, written: 10, pendingBytes: MIB },
  });
  assert.equal(check(600_000, intermittent, { ...limits, idleTimeoutMs }), undefined);
});

Deno.test("Timeouts closes a slow reader with more than --max-output-buffer unread, not a fast one", () => {
  const reader = (perSecond: number, pendingBytes: number) => (elapsed: number) => ({
    busy: true,
    replies: { blocked: true, written: perSecond * elapsed / 1000 + 1, pendingBytes },
  });
  assert.equal(check(10_000, reader(100, 2 * MIB)), undefined);
  assert.deepEqual(check(10_000, reader(100, 2 * MIB + 1)), [1000, "left too much unread"]);
  assert.equal(check(10_000, (elapsed) => reader(MIB, 100 * MIB)(elapsed + 2000)), undefined);
});

Deno.test("Timeouts judges how much a client reads in a second, however often it checks", () => {
  const timeouts = new Timeouts();
  const read = (elapsed: number, perSecond: number) => {
    const replies = { blocked: true, written: perSecond * elapsed / 1000, pendingBytes: 100 * MIB };
    return timeouts.expired({ ...IDLE, busy: true, replies }, limits, START + elapsed);
  };
  for (let elapsed = 0; elapsed < 10_000; elapsed += 100) assert.equal(read(elapsed, 1.2 * MIB), undefined);
  assert.equal(read(10_000, 1.2 * MIB), undefined);
  assert.equal(read(11_000, 1.1 * MIB), "left too much unread");
});

Deno.test("Timeouts pauses reading from a client that has trickled a command for a while, and from no other", () => {
  const timeouts = new Timeouts();
  const at = (elapsed: number, activity: Partial<ConnectionActivity>) => {
    timeouts.expired({ ...IDLE, lastCommandAt: START - 1, ...activity }, limits, START + elapsed);
    return [1, 63, 64].map((bytes) => timeouts.pausesReading(bytes));
  };
  assert.deepEqual(at(0, { partial: true }), [false, false, false]);
  assert.deepEqual(at(1000, { partial: true }), [true, true, false]);
  assert.deepEqual(at(2000, { partial: true, busy: true }), [false, false, false]);
  assert.deepEqual(at(3000, { partial: true }), [true, true, false]);
  assert.deepEqual(at(4000, { partial: true, lastCommandAt: START + 3500 }), [false, false, false]);
  assert.deepEqual(at(5000, {}), [false, false, false]);
});

Deno.test("A pause of reading ends once, after five to ten seconds", () => {
  const timeouts = new Timeouts();
  for (const elapsed of [0, 1000]) {
    timeouts.expired({ ...IDLE, lastCommandAt: START - 1, partial: true }, limits, START + elapsed);
  }
  assert.equal(timeouts.resumesReading(START + 60_000), false);
  assert.equal(timeouts.pausesReading(1), true);
  assert.deepEqual([5_999, 11_001, 60_000].map((elapsed) => timeouts.resumesReading(START + elapsed)), [
    false,
    true,
    false,
  ]);
});
