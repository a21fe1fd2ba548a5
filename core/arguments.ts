/**
 * Readers for values that clients send, as arguments of commands or parameters of HTTP. Names, ids and contents stay
 * bytes; only words and numbers are decoded.
 *
 * @module
 */
import { keyOf, MAX_WORD_BYTES, RecentCache } from "../store/bytes.ts";
import {
  MAX_DURATION_MS,
  MAX_GROUP_BYTES,
  MAX_ID_BYTES,
  MAX_META_BYTES,
  MAX_QUEUE_BYTES,
  MAX_TIMETABLE_NAME_BYTES,
} from "../store/limits.ts";
import { CommandError } from "./command_spec.ts";
import { Glob } from "./util/glob.ts";

/** Returns the argument. @throws {CommandError} if it is out of bounds */
export function queueName(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_QUEUE_BYTES) {
    throw new CommandError(`ERR queue name must be 1 to ${MAX_QUEUE_BYTES} bytes long`);
  }
  return bytes;
}

/** Returns the argument. @throws {CommandError} if it is out of bounds */
export function eventId(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_ID_BYTES) {
    throw new CommandError(`ERR event id must be 1 to ${MAX_ID_BYTES} bytes long`);
  }
  return bytes;
}

/** Returns the argument. @throws {CommandError} if it is out of bounds */
export function groupKey(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_GROUP_BYTES) {
    throw new CommandError(`ERR group must be 1 to ${MAX_GROUP_BYTES} bytes long`);
  }
  return bytes;
}

/** Returns the argument. @throws {CommandError} if it is too long */
export function metaText(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_META_BYTES) throw new CommandError(`ERR meta must be at most ${MAX_META_BYTES} bytes long`);
  return bytes;
}

/** Returns the argument. @throws {CommandError} if it is out of bounds */
export function timetableName(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_TIMETABLE_NAME_BYTES) {
    throw new CommandError(`ERR timetable name must be 1 to ${MAX_TIMETABLE_NAME_BYTES} bytes long`);
  }
  return bytes;
}

/** As in Redis without leading zeros or plus sign; undefined for anything else. */
export function wholeNumber(bytes: Uint8Array): number | undefined {
  const text = bytes.length > MAX_WORD_BYTES ? "" : keyOf(bytes);
  return /^(0|-?[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined;
}

/**
 * Reads seconds, decimals allowed. Only 0 becomes 0: any other time is at least 1 ms.
 * @param name the option or argument, for the error
 * @throws {CommandError} if it is not a number of at most {@linkcode MAX_DURATION_MS}
 */
export function milliseconds(bytes: Uint8Array, name: string): number {
  const duration = durations.get(bytes);
  if (duration === undefined) throw outOfRange(name);
  return duration;
}

/** Most clients repeat one. */
const durations = new RecentCache((bytes) => {
  const seconds = decimal(bytes);
  if (!(seconds <= MAX_DURATION_MS / 1000)) return undefined;
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
});

/** Reads seconds like {@linkcode milliseconds}, but refuses 0. */
export function millisecondsAboveZero(bytes: Uint8Array, name: string): number {
  const duration = milliseconds(bytes, name);
  if (duration === 0) throw outOfRange(name);
  return duration;
}

/** Not negative, without exponent; NaN for anything else. */
export function decimal(bytes: Uint8Array): number {
  const text = bytes.length > MAX_WORD_BYTES ? "" : keyOf(bytes);
  return /^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) ? Number(text) : NaN;
}

/** Reads a whole number within bounds. */
export function wholeNumberFrom(min: number, max: number): OptionReader<number> {
  return (bytes, name) => {
    const number = wholeNumber(bytes) ?? -1;
    if (number < min || number > max) throw outOfRange(name);
    return number;
  };
}

/** Reads a whole number from 1, and lowers it to `max`. */
export function countUpTo(max: number): OptionReader<number> {
  return (bytes, name) => {
    const number = wholeNumber(bytes) ?? 0;
    if (number < 1) throw outOfRange(name);
    return Math.min(number, max);
  };
}

/** Reads a glob pattern. */
export function globPatternUpTo(maxBytes: number): OptionReader<Glob> {
  return (bytes) => {
    if (bytes.length > maxBytes) throw new CommandError(`ERR pattern must be at most ${maxBytes} bytes long`);
    return new Glob(keyOf(bytes));
  };
}

export function rawBytes(bytes: Uint8Array): Uint8Array {
  return bytes;
}

export function outOfRange(name: string): CommandError {
  return new CommandError(`ERR value is not an integer or out of range '${name}'`);
}

/** As in `A, B or C`. */
export function either(words: readonly string[]): string {
  return EITHER.format(words);
}

/** As in `A, B and C`. */
export function allOf(words: readonly string[]): string {
  return ALL.format(words);
}

const EITHER = new Intl.ListFormat("en-GB", { type: "disjunction" });
const ALL = new Intl.ListFormat("en-GB", { type: "conjunction" });

/** Reads an argument; `name` is its option or parameter, for errors. */
export type OptionReader<T> = (bytes: Uint8Array, name: string) => T;
