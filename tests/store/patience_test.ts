import { Patience } from "../../store/redis/patience.ts";
import { assert } from "../deps.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A patience of so many milliseconds, and how often it came to an end. */
function patienceOf(ms: number) {
  const stalled = { times: 0 };
  return { patience: new Patience(ms, () => stalled.times++), stalled };
}

Deno.test("Patience ends when something sent is not answered in time", async () => {
  const { patience, stalled } = patienceOf(30);
  patience.begun();
  while (stalled.times === 0) await pause(1);
});

Deno.test("Patience counts from when the oldest unanswered call was sent", async () => {
  const { patience, stalled } = patienceOf(100);
  patience.begun();
  await pause(60);
  patience.begun();
  const second = performance.now();
  patience.ended();
  while (stalled.times === 0) await pause(1);
  assert.ok(performance.now() - second >= 95);
});

Deno.test("Patience does not end where all was answered, nor at rest", async () => {
  const { patience, stalled } = patienceOf(10);
  patience.begun();
  patience.ended();
  await pause(30);
  patience.begun();
  patience.rest();
  await pause(30);
  assert.equal(stalled.times, 0);
});
