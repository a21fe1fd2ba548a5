/**
 * The `*3` and `$5` lines in front of commands and bulk strings.
 *
 * @module
 */

import { MAX_ARGUMENTS, MAX_DISCARDED_BYTES, MAX_HEADER_BYTES } from "./limits.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Stands for "the line has not arrived completely". */
export const INCOMPLETE: number = -1;

/** One of the two kinds of header, with its errors in the words of Redis. */
export interface HeaderKind {
  /** The error when the line does not end. */
  readonly tooLong: string;
  /** The error when the line holds no number that is allowed. */
  readonly invalid: string;
  /** The largest number allowed. */
  readonly max: number;
  /** Whether a negative number is allowed, and means zero. */
  readonly negativeIsZero: boolean;
}

/** `*3`: a command of three arguments follows. @param max how many are allowed */
export function countOfAtMost(max: number, invalid = "invalid multibulk length"): HeaderKind {
  return { tooLong: "too big mbulk count string", invalid, max, negativeIsZero: true };
}

/** `$5`: an argument of five bytes follows. @param max how many are allowed */
export function lengthOfAtMost(max: number, invalid = "invalid bulk length"): HeaderKind {
  return { tooLong: "too big bulk count string", invalid, max, negativeIsZero: false };
}

/** As many arguments as a command may have if nothing else is said. */
export const COUNT: HeaderKind = countOfAtMost(MAX_ARGUMENTS);

/** As many bytes as an argument may have. */
export const LENGTH: HeaderKind = lengthOfAtMost(MAX_DISCARDED_BYTES);

const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;

/**
 * Reads any header line, slowly: the decoder itself reads those that look as they should.
 *
 * @param bytes where the line lies
 * @param start the place of its first byte, `*` or `$`
 * @param end where the received bytes end
 * @returns its number, zero or more, or {@linkcode INCOMPLETE}
 * @throws {ProtocolError} no line end within {@linkcode MAX_HEADER_BYTES}, or no allowed number in its one spelling
 */
export function readHeader(bytes: Uint8Array, start: number, end: number, kind: HeaderKind): number {
  const limit = Math.min(end, start + MAX_HEADER_BYTES);
  let at = start + 1;
  while (at < limit && bytes[at] !== CR) at++;
  if (at === start + MAX_HEADER_BYTES) throw new ProtocolError(kind.tooLong);
  if (at + 1 >= end) return INCOMPLETE;
  const value = readInteger(bytes, start + 1, at);
  const allowed = value <= kind.max && (value >= 0 || kind.negativeIsZero);
  if (!allowed || bytes[at + 1] !== LF) throw new ProtocolError(kind.invalid);
  return Math.max(value, 0);
}

/** The integer that bytes spell, NaN unless it is a safe one without leading zeros, plus sign or anything around it. */
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
