import { levelsOff, quarters } from "../../testing/soak/level.ts";
import { assert } from "../deps.ts";

const curve = (of: (i: number) => number) => Array.from({ length: 100 }, (_, i) => of(i));
const ALLOWANCE = { factor: 1.1, plus: 5 };

Deno.test("levelsOff passes a curve that is flat, falls, warms up, or has single peaks", () => {
  assert.ok(levelsOff(curve(() => 100), ALLOWANCE));
  assert.ok(levelsOff(curve((i) => 200 - i), ALLOWANCE));
  assert.ok(levelsOff(curve((i) => Math.min(i, 25) * 4), ALLOWANCE));
  assert.ok(levelsOff(curve((i) => i % 9 === 0 ? 1000 : 100), ALLOWANCE));
});

Deno.test("levelsOff refuses a curve that rises by more than is allowed", () => {
  assert.ok(!levelsOff(curve((i) => 100 + i), ALLOWANCE));
  assert.ok(!levelsOff(curve((i) => i > 70 ? 116 : 100), ALLOWANCE));
  assert.ok(levelsOff(curve((i) => i > 70 ? 114 : 100), ALLOWANCE));
});

Deno.test("quarters gives the medians of the second quarter and of the last", () => {
  assert.deepEqual(quarters([0, 0, 1, 2, 9, 9, 5, 6]), { second: 2, last: 6 });
});
