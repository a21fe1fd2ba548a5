/**
 * Figures from figures.
 *
 * @module
 */
import type { Row } from "./bench/measure.ts";

/** The value in the middle. */
export function median(values: ArrayLike<number>): number {
  return quantile(Array.from(values).sort((a, b) => a - b), 0.5);
}

/** The value below which this part of the others lies; `sorted` is in ascending order. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/**
 * What rounds gave against another measure of the same rounds: the median of the rounds' own ratios, for what slows the
 * machine for a while slows both, and the lowest and the highest.
 */
export function ratioOf(values: number[], against: number[] | undefined, field = "ratio"): Row {
  if (!against) return {};
  const ratios = values.map((value, i) => value / against[i]);
  return {
    [field]: round(median(ratios)),
    [`${field}Low`]: round(Math.min(...ratios)),
    [`${field}High`]: round(Math.max(...ratios)),
  };
}

/** Rounds to what is worth writing down: three digits, and whole numbers from 100 on. */
export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
