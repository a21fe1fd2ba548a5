/**
 * Reads header lines: `*3` before a command of three arguments, `$5` before an argument of five bytes.
 *
 * @module
 */

import { MAX_ARGUMENTS, MAX_DISCARDED_BYTES, MAX_HEADER_BYTES } from "./limits.ts";
import { ProtocolError } from "./reply.ts";

export const INCOMPLETE: number = -1;

/** What a header line may say, and the errors in the words of Redis. */
export interface HeaderLimit {
  /** For a line without an end. */
  readonly tooLong: string;
  /** For a number that is not allowed. */
  readonly invalid: string;
  readonly max: number;
  /** A negative number is allowed and means 0. */
  readonly negativeIsZero: boolean;
}

export function countLimit(max: number, invalid = "invalid multibulk length"): HeaderLimit {
  return { tooLong: "too big mbulk count string", invalid, max, negativeIsZero: true };
}

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
 * The slow path: the decoder itself reads lines in the usual form.
 *
 * @param start of the line
 * @param end of the received bytes
 * @returns at least 0, or {@linkcode INCOMPLETE}
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

/** A safe integer. NaN for anything else: leading zeros, a plus sign, "-0". */
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
