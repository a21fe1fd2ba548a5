/**
 * How values are distributed, counted in a few nanoseconds each.
 *
 * @module
 */

/** Beyond this many units values are counted as so many. */
const MOST_UNITS = 2 ** 31;

/** Counts values by their size, in classes of which each reaches twice as far as the one before. */
export class Histogram {
  /** The largest value of each class but the last, which takes all that are larger. */
  readonly bounds: readonly number[];
  /** How many values are in each class. */
  readonly counts: Float64Array;
  /** All values together. */
  sum = 0;
  readonly #unit: number;

  /** @param unit the bound of the first class */
  constructor(unit: number, classes: number) {
    this.#unit = unit;
    this.bounds = Array.from({ length: classes - 1 }, (_, i) => unit * 2 ** i);
    this.counts = new Float64Array(classes);
  }

  /** How many values there were. */
  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Counts a value. */
  add(value: number): void {
    const units = Math.min(Math.ceil(value / this.#unit) - 1, MOST_UNITS);
    const place = units <= 0 ? 0 : 32 - Math.clz32(units);
    this.counts[place < this.counts.length ? place : this.counts.length - 1]++;
    this.sum += value;
  }
}

/** For times in milliseconds: from an eighth of a millisecond to sixteen seconds. */
export function timesInMs(): Histogram {
  return new Histogram(0.125, 19);
}

/** For numbers of things: from 1 to 2,048. */
export function sizes(): Histogram {
  return new Histogram(1, 13);
}
