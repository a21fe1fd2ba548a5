/**
 * Medians, quantiles, and whether a series of samples levels off.
 *
 * @module
 */

export function median(values: ArrayLike<number>): number {
  return quantile(Array.from(values).sort((a, b) => a - b), 0.5);
}

/** @param q from 0 to 1 @param sorted in ascending order */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/** Rounds to three digits, from 100 on to whole numbers. */
export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** How much a series may rise from its second quarter to its last: `second * factor + plus`. */
export interface Allowance {
  factor: number;
  /** In the unit of the series. */
  plus: number;
}

/** The medians of the second quarter, when everything is warm, and of the last. */
export function quarters(series: readonly number[]): { second: number; last: number } {
  const start = (quarter: number) => Math.floor(series.length * quarter / 4);
  return { second: median(series.slice(start(1), start(2))), last: median(series.slice(start(3))) };
}

export function levelsOff(series: readonly number[], { factor, plus }: Allowance): boolean {
  const { second, last } = quarters(series);
  return last <= second * factor + plus;
}
