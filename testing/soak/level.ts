/**
 * Whether a curve levels off.
 *
 * @module
 */
import { median } from "../stats.ts";

/** How much more the end of a curve may be than its second quarter. */
export interface Allowance {
  /** So many times as much. */
  factor: number;
  /** And so much more, in the unit of the curve. */
  plus: number;
}

/** The medians of a curve's second quarter, when everything is warm, and of its last. */
export function quarters(curve: readonly number[]): { second: number; last: number } {
  const at = (quarter: number) => Math.floor(curve.length * quarter / 4);
  return { second: median(curve.slice(at(1), at(2))), last: median(curve.slice(at(3))) };
}

/** Whether the last quarter is at most as much as is allowed. */
export function levelsOff(curve: readonly number[], { factor, plus }: Allowance): boolean {
  const { second, last } = quarters(curve);
  return last <= second * factor + plus;
}
