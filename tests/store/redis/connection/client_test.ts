import { ReplyTimeout } from "../../../../store/redis/connection/client.ts";
import { assert } from "../../../deps.ts";
import { FakeTimers } from "../../../support/fake_timers.ts";

const TIMEOUT_MS = 100;

/** A timeout, and how often it was reached. */
function newTimeout() {
  const reached = { times: 0 };
  return { timeout: new ReplyTimeout(TIMEOUT_MS, () => reached.times++), reached };
}

Deno.test("ReplyTimeout is reached when a reply is late", () => {
  using timers = new FakeTimers();
  const { timeout, reached } = newTimeout();
  timeout.sent();
  timers.advance(TIMEOUT_MS - 1);
  assert.equal(reached.times, 0);
  timers.advance(1);
  assert.equal(reached.times, 1);
});

Deno.test("ReplyTimeout begins when the oldest unanswered call was sent", () => {
  using timers = new FakeTimers();
  const { timeout, reached } = newTimeout();
  timeout.sent();
  timers.advance(60);
  timeout.sent();
  timeout.answered();
  timers.advance(TIMEOUT_MS - 1);
  assert.equal(reached.times, 0);
  timers.advance(1);
  assert.equal(reached.times, 1);
});

Deno.test("ReplyTimeout is not reached when all calls are answered, nor while it is stopped", () => {
  using timers = new FakeTimers();
  const { timeout, reached } = newTimeout();
  timeout.sent();
  timeout.answered();
  timers.advance(10 * TIMEOUT_MS);
  timeout.sent();
  timeout.stop();
  timers.advance(10 * TIMEOUT_MS);
  assert.equal(reached.times, 0);
  assert.deepEqual(timers.pending, []);
});
