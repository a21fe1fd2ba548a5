import { Histogram, sizes, timesInMs } from "../../../core/metrics/histogram.ts";
import { assert } from "../../deps.ts";

Deno.test("Histogram counts a value in the first bucket whose bound is not below it", () => {
  const histogram = new Histogram(0.5, 4);
  assert.deepEqual(histogram.bounds, [0.5, 1, 2]);
  const expected: [value: number, bucket: number][] = [
    [0, 0],
    [0.5, 0],
    [0.50001, 1],
    [1, 1],
    [1.0001, 2],
    [2, 2],
    [2.1, 3],
    [1e12, 3],
  ];
  for (const [value, bucket] of expected) {
    const before = histogram.counts[bucket];
    histogram.add(value);
    assert.equal(histogram.counts[bucket], before + 1, `${value}`);
  }
  assert.equal(histogram.count, expected.length);
  assert.equal(histogram.sum, expected.reduce((sum, [value]) => sum + value, 0));
});

Deno.test("timesInMs covers 1/8 ms to 16 s, sizes 1 to 2,048", () => {
  assert.deepEqual([timesInMs().bounds[0], timesInMs().bounds.at(-1)], [0.125, 16_384]);
  assert.deepEqual([sizes().bounds[0], sizes().bounds.at(-1)], [1, 2048]);
});
