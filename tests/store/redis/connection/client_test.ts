import { ReplyTimeout } from "../../../../store/redis/connection/client.ts";
import { assert } from "../../../deps.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A watch of so many milliseconds, and how often it came to an end. */
function watchOf(ms: number) {
  const stalled = { times: 0 };
  return { watch: new ReplyTimeout(ms, () => stalled.times++), stalled };
}

Deno.test("StallWatch ends when something sent is not answered in time", async () => {
  const { watch, stalled } = watchOf(30);
  watch.sent();
  while (stalled.times === 0) await pause(1);
});

Deno.test("StallWatch counts from when the oldest unanswered call was sent", async () => {
  const { watch, stalled } = watchOf(100);
  watch.sent();
  await pause(60);
  watch.sent();
  const second = performance.now();
  watch.answered();
  while (stalled.times === 0) await pause(1);
  assert.ok(performance.now() - second >= 95);
});

Deno.test("StallWatch does not end where all was answered, nor at rest", async () => {
  const { watch, stalled } = watchOf(10);
  watch.sent();
  watch.answered();
  await pause(30);
  watch.sent();
  watch.stop();
  await pause(30);
  assert.equal(stalled.times, 0);
});
