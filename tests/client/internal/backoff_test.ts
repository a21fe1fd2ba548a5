import { backoff, pause } from "../../../client/internal/backoff.ts";
import { assert } from "../../deps.ts";

Deno.test("backoff doubles with each failure, up to five seconds", () => {
  assert.deepEqual([1, 2, 3, 7, 8, 1000].map((failures) => backoff(failures, 1)), [50, 100, 200, 3200, 5000, 5000]);
});

Deno.test("backoff is spread over half of the pause", () => {
  assert.equal(backoff(1, 0), 25);
  assert.ok(new Set(Array.from({ length: 20 }, () => backoff(5))).size > 1);
});

Deno.test("pause ends when its signal is aborted", async () => {
  const stop = new AbortController();
  const pausing = pause(60_000, stop.signal);
  stop.abort();
  await pausing;
  await pause(60_000, stop.signal);
});
