/**
 * Numbers that a program gives.
 *
 * @module
 */

/** @throws {RangeError} if it is below the least, or none */
export function inBounds(name: string, value: number, min: number): number {
  if (value >= min && Number.isFinite(value)) return value;
  throw new RangeError(`Cannot use ${value} as ${name}: it must be a number of ${min} or more`);
}

/** Milliseconds as the server takes them, in seconds. */
export function inSeconds(ms: number): string {
  return `${Math.round(ms) / 1000}`;
}
