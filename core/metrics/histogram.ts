/**
 * Histograms with power-of-two buckets; adding a value takes a few nanoseconds.
 *
 * @module
 */

/** Larger values are counted as this many units, so that buckets are computed with 32-bit integers. */
const MAX_UNITS = 2 ** 31;

/** Each bucket has twice the upper bound of the one before. */
export class Histogram {
  /** Inclusive upper bounds of all buckets but the last, which is unbounded. */
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;
  readonly #unit: number;

  /** @param unit upper bound of the first bucket */
  constructor(unit: number, buckets: number) {
    this.#unit = unit;
    this.bounds = Array.from({ length: buckets - 1 }, (_, i) => unit * 2 ** i);
    this.counts = new Float64Array(buckets);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  add(value: number): void {
    const units = Math.min(Math.ceil(value / this.#unit) - 1, MAX_UNITS);
    const bucket = units <= 0 ? 0 : 32 - Math.clz32(units);
    this.counts[bucket < this.counts.length ? bucket : this.counts.length - 1]++;
    this.sum += value;
  }
}

/** From 1/8 ms to 16 s. */
export function timesInMs(): Histogram {
  return new Histogram(0.125, 19);
}

/** Of batches: from 1 to 2,048. */
export function sizes(): Histogram {
  return new Histogram(1, 13);
}
