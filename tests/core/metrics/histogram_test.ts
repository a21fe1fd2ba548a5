import { Histogram, sizes, timesInMs } from "../../../core/metrics/histogram.ts";
import { assert } from "../../deps.ts";

Deno.test("A histogram counts a value in the first class that reaches as far", () => {
  const histogram = new Histogram(0.5, 4);
  assert.deepEqual(histogram.bounds, [0.5, 1, 2]);
  const inClass: [value: number, place: number][] = [
    [0, 0],
    [0.5, 0],
    [0.50001, 1],
    [1, 1],
    [1.0001, 2],
    [2, 2],
    [2.1, 3],
    [1e12, 3],
  ];
  for (const [value, place] of inClass) {
    const before = histogram.counts[place];
    histogram.add(value);
    assert.equal(histogram.counts[place], before + 1, `${value}`);
  }
  assert.equal(histogram.count, inClass.length);
  assert.equal(histogram.sum, inClass.reduce((sum, [value]) => sum + value, 0));
});

Deno.test("Times reach from an eighth of a millisecond to sixteen seconds, sizes from 1 to 2,048", () => {
  assert.deepEqual([timesInMs().bounds[0], timesInMs().bounds.at(-1)], [0.125, 16_384]);
  assert.deepEqual([sizes().bounds[0], sizes().bounds.at(-1)], [1, 2048]);
});
