import { Random } from "../../testing/random.ts";
import { assert } from "../deps.ts";

const choices = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 20 }, () => [random.between(1, 6), random.chance(0.5), random.pick(["a", "b", "c"])]);
};

Deno.test("Random makes the same choices for the same seed, and others for another", () => {
  assert.deepEqual(choices(7), choices(7));
  assert.notDeepEqual(choices(7), choices(8));
});

Deno.test("Random.between includes both ends and nothing else", () => {
  const random = new Random(1);
  const seen = new Set(Array.from({ length: 500 }, () => random.between(-1, 2)));
  assert.deepEqual([...seen].toSorted((a, b) => a - b), [-1, 0, 1, 2]);
});
