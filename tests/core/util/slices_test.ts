import { giveWay, mergeSorted, slicesOf } from "../../../core/util/slices.ts";
import { assert } from "../../deps.ts";

const ascending = (a: number, b: number) => a - b;

Deno.test("slicesOf cuts items into arrays of at most 1,000", () => {
  const items = Array.from({ length: 2500 }, (_, i) => i);
  const slices = slicesOf(items).toArray();
  assert.deepEqual(slices.map(({ length }) => length), [1000, 1000, 500]);
  assert.deepEqual(slices.flat(), items);
  assert.deepEqual(slicesOf([]).toArray(), [[]]);
});

Deno.test("mergeSorted returns the first items of all lists", async () => {
  const lists = [[1, 4, 9], [], [2, 2, 8], [0], [3, 5]];
  const all = lists.flat().sort(ascending);
  for (const limit of [0, 1, 4, 9, 100]) {
    assert.deepEqual(await mergeSorted(lists, limit, ascending, () => Promise.resolve()), all.slice(0, limit));
  }
  assert.deepEqual(await mergeSorted([], 10, ascending, () => Promise.resolve()), []);
});

Deno.test("mergeSorted compares at most 1,000 times between two pauses, however many items there are", async () => {
  let [comparisons, most] = [0, 0];
  const compare = (a: number, b: number) => {
    comparisons++;
    return a - b;
  };
  const pause = () => {
    most = Math.max(most, comparisons);
    comparisons = 0;
    return Promise.resolve();
  };
  const lists = Array.from({ length: 100 }, (_, list) => Array.from({ length: 1000 }, (_, i) => i * 100 + list));
  const sorted = await mergeSorted(lists, 100_000, compare, pause);
  assert.ok(sorted.every((number, i) => number === i));
  assert.ok(most > 0 && most <= 1000, `${most}`);
});

Deno.test("giveWay lets others run once it was busy for long", async () => {
  const start = performance.now();
  const pause = giveWay();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  while (turns === 0) await pause();
  clearInterval(timer);
  assert.ok(performance.now() - start >= 4);
});
