import { backoff, delay, RetryDelays } from "../../../client/internal/backoff.ts";
import { assert } from "../../deps.ts";

Deno.test("backoff doubles with each failure, up to five seconds", () => {
  assert.deepEqual([1, 2, 3, 7, 8, 1000].map((failures) => backoff(failures, 1)), [50, 100, 200, 3200, 5000, 5000]);
});

Deno.test("backoff is spread over half of the delay", () => {
  assert.equal(backoff(1, 0), 25);
  assert.ok(new Set(Array.from({ length: 20 }, () => backoff(5))).size > 1);
});

Deno.test("RetryDelays doubles with each attempt up to the maximum, less up to a half", () => {
  const delays = new RetryDelays(100, 1000);
  assert.deepEqual([1, 2, 3, 4, 5, 60_000].map((attempt) => delays.after(attempt, 1)), [
    100,
    200,
    400,
    800,
    1000,
    1000,
  ]);
  assert.deepEqual([1, 2, 5].map((attempt) => delays.after(attempt, 0)), [50, 100, 500]);
  assert.equal(new RetryDelays(0).after(60_000, 1), 0);
});

Deno.test("RetryDelays leaves the delay to the queue", () => {
  assert.equal(new RetryDelays("queue").after(3), undefined);
});

Deno.test("RetryDelays refuses delays that are negative or not finite", () => {
  for (const bad of [-1, NaN, Infinity]) {
    assert.throws(() => new RetryDelays(bad), RangeError);
    assert.throws(() => new RetryDelays(1, bad), RangeError);
  }
});

Deno.test("delay ends when its signal is aborted", async () => {
  const stop = new AbortController();
  const delaying = delay(60_000, stop.signal);
  stop.abort();
  await delaying;
  await delay(60_000, stop.signal);
});
