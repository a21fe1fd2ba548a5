import { reasonOf, Retry } from "../../../client/internal/retry.ts";
import { assert } from "../../deps.ts";

const seen = (retry: Retry, attempt: number, random: number) => retry.failure(attempt, undefined, random).delayMs;

Deno.test("The delay of a retry doubles with each attempt up to the most, less up to a half", () => {
  const retry = new Retry(100, 1000);
  assert.deepEqual([1, 2, 3, 4, 5, 60_000].map((attempt) => seen(retry, attempt, 1)), [100, 200, 400, 800, 1000, 1000]);
  assert.deepEqual([1, 2, 5].map((attempt) => seen(retry, attempt, 0)), [50, 100, 500]);
  assert.equal(seen(new Retry(0), 60_000, 1), 0);
});

Deno.test("A retry leaves the delay to the queue if it is told to", () => {
  assert.deepEqual(new Retry("queue").failure(3, new Error("full")), { reason: "full" });
});

Deno.test("Delays that make no sense are refused", () => {
  for (const bad of [-1, NaN, Infinity]) {
    assert.throws(() => new Retry(bad), RangeError);
    assert.throws(() => new Retry(1, bad), RangeError);
  }
});

Deno.test("A reason is what the error says, up to 1,024 bytes and never half a character", () => {
  assert.equal(reasonOf(new TypeError("no")), "no");
  assert.equal(reasonOf(new TypeError()), "TypeError");
  assert.equal(reasonOf("text"), "text");
  for (const nothing of [undefined, null, 5, {}, Object.create(null), ""]) assert.equal(reasonOf(nothing), undefined);
  assert.equal(reasonOf("x" + "é".repeat(1000)), "x" + "é".repeat(511));
});
