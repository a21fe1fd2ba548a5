/**
 * Reads header lines: `*3` in front of a command of three arguments, `$5` in front of an argument of five bytes.
 *
 * @module
 */

import { MAX_ARGUMENTS, MAX_DISCARDED_BYTES, MAX_HEADER_BYTES } from "./limits.ts";
import { ProtocolError } from "./reply.ts";

/** The result for a line that was not received completely. */
export const INCOMPLETE: number = -1;

/** What a header line may say, and the errors for anything else in the words of Redis. */
export interface HeaderLimit {
  /** The error for a line without an end. */
  readonly tooLong: string;
  /** The error for a number that is not allowed. */
  readonly invalid: string;
  /** The largest number allowed. */
  readonly max: number;
  /** Whether a negative number is allowed and means 0. */
  readonly negativeIsZero: boolean;
}

/** Allows commands of up to `max` arguments. */
export function countLimit(max: number, invalid = "invalid multibulk length"): HeaderLimit {
  return { tooLong: "too big mbulk count string", invalid, max, negativeIsZero: true };
}

/** Allows arguments of up to `max` bytes. */
export function lengthLimit(max: number, invalid = "invalid bulk length"): HeaderLimit {
  return { tooLong: "too big bulk count string", invalid, max, negativeIsZero: false };
}

export const DEFAULT_COUNT: HeaderLimit = countLimit(MAX_ARGUMENTS);
export const DEFAULT_LENGTH: HeaderLimit = lengthLimit(MAX_DISCARDED_BYTES);

const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;

/**
 * Reads any header line. This is the slow path: the decoder itself reads lines in the usual form.
 *
 * @param start the index in `bytes` of the line's first byte, `*` or `$`
 * @param end where the received bytes end
 * @returns the number, at least 0, or {@linkcode INCOMPLETE}
 * @throws {ProtocolError} if the line has no end within {@linkcode MAX_HEADER_BYTES}, or holds no allowed number
 */
export function readHeader(bytes: Uint8Array, start: number, end: number, expected: HeaderLimit): number {
  const limit = Math.min(end, start + MAX_HEADER_BYTES);
  let at = start + 1;
  while (at < limit && bytes[at] !== CR) at++;
  if (at === start + MAX_HEADER_BYTES) throw new ProtocolError(expected.tooLong);
  if (at + 1 >= end) return INCOMPLETE;
  const value = readInteger(bytes, start + 1, at);
  const allowed = value <= expected.max && (value >= 0 || expected.negativeIsZero);
  if (!allowed || bytes[at + 1] !== LF) throw new ProtocolError(expected.invalid);
  return Math.max(value, 0);
}

/** Parses a safe integer. NaN for anything else: leading zeros, a plus sign, "-0". */
function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  if (first === end) return NaN;
  if (bytes[first] === ZERO && (negative || first + 1 < end)) return NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value > Number.MAX_SAFE_INTEGER ? NaN : negative ? -value : value;
}
