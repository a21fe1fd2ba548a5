import { levelsOff, median, quantile, quarters } from "../../testing/stats.ts";
import { assert } from "../deps.ts";

const series = (of: (i: number) => number) => Array.from({ length: 100 }, (_, i) => of(i));
const ALLOWANCE = { factor: 1.1, plus: 5 };

Deno.test("levelsOff accepts a series that is flat, falls, warms up, or has single peaks", () => {
  assert.ok(levelsOff(series(() => 100), ALLOWANCE));
  assert.ok(levelsOff(series((i) => 200 - i), ALLOWANCE));
  assert.ok(levelsOff(series((i) => Math.min(i, 25) * 4), ALLOWANCE));
  assert.ok(levelsOff(series((i) => i % 9 === 0 ? 1000 : 100), ALLOWANCE));
});

Deno.test("levelsOff rejects a series that rises by more than its allowance", () => {
  assert.ok(!levelsOff(series((i) => 100 + i), ALLOWANCE));
  assert.ok(!levelsOff(series((i) => i > 70 ? 116 : 100), ALLOWANCE));
  assert.ok(levelsOff(series((i) => i > 70 ? 114 : 100), ALLOWANCE));
});

Deno.test("quarters returns the medians of the second quarter and of the last", () => {
  assert.deepEqual(quarters([0, 0, 1, 2, 9, 9, 5, 6]), { second: 2, last: 6 });
});

Deno.test("median and quantile take values of the series", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.deepEqual([0, 0.5, 0.99, 1].map((q) => quantile([1, 2, 3, 4], q)), [1, 3, 4, 4]);
});
