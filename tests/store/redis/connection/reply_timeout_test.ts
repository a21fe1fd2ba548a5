import { StallWatch } from "../../../../store/redis/connection/reply_timeout.ts";
import { assert } from "../../../deps.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A watch of so many milliseconds, and how often it came to an end. */
function watchOf(ms: number) {
  const stalled = { times: 0 };
  return { watch: new StallWatch(ms, () => stalled.times++), stalled };
}

Deno.test("StallWatch ends when something sent is not answered in time", async () => {
  const { watch, stalled } = watchOf(30);
  watch.begun();
  while (stalled.times === 0) await pause(1);
});

Deno.test("StallWatch counts from when the oldest unanswered call was sent", async () => {
  const { watch, stalled } = watchOf(100);
  watch.begun();
  await pause(60);
  watch.begun();
  const second = performance.now();
  watch.ended();
  while (stalled.times === 0) await pause(1);
  assert.ok(performance.now() - second >= 95);
});

Deno.test("StallWatch does not end where all was answered, nor at rest", async () => {
  const { watch, stalled } = watchOf(10);
  watch.begun();
  watch.ended();
  await pause(30);
  watch.begun();
  watch.rest();
  await pause(30);
  assert.equal(stalled.times, 0);
});
