/**
 * How commands read their arguments: names within bounds, numbers, and options in any order. Text is decoded only for
 * option words and numbers.
 *
 * @module
 */
import { CommandError } from "./command.ts";
import { keyOf } from "../../store/bytes.ts";

/** The longest queue name, in bytes. */
export const MAX_QUEUE_BYTES = 512;

/** The longest event id, in bytes. */
export const MAX_ID_BYTES = 1024;

/** The longest time, in seconds: a thousand years, so that times in milliseconds stay exact. */
export const MAX_SECONDS = 31_536_000_000;

/** Longer than any option word or number. */
const MAX_WORD_BYTES = 64;

const LOWER_A = 0x61;
const LOWER_Z = 0x7a;

/** The queue name as it came. @throws {CommandError} if it is out of bounds */
export function queueName(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_QUEUE_BYTES) {
    throw new CommandError(`ERR queue name must be 1 to ${MAX_QUEUE_BYTES} bytes long`);
  }
  return bytes;
}

/** The event id as it came. @throws {CommandError} if it is out of bounds */
export function eventId(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > MAX_ID_BYTES) {
    throw new CommandError(`ERR event id must be 1 to ${MAX_ID_BYTES} bytes long`);
  }
  return bytes;
}

/**
 * An option word or a name of a command in upper case; only ASCII letters change, so that no other letter passes for
 * one. Empty if it is longer than any word.
 */
export function word(bytes: Uint8Array): string {
  if (bytes.length > MAX_WORD_BYTES) return "";
  let upper = "";
  for (const byte of bytes) upper += String.fromCharCode(byte >= LOWER_A && byte <= LOWER_Z ? byte - 32 : byte);
  return upper;
}

/** A whole number as Redis writes it, or undefined if the bytes are anything else. */
export function wholeNumber(bytes: Uint8Array): number | undefined {
  const text = bytes.length > MAX_WORD_BYTES ? "" : keyOf(bytes);
  return /^(0|-?[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined;
}

/**
 * A time in seconds, decimals allowed, as milliseconds. Only zero gives zero: any longer time is at least one.
 * @param name the option or argument, for the error
 * @throws {CommandError} if it is not a number from 0 to {@linkcode MAX_SECONDS}
 */
export function milliseconds(bytes: Uint8Array, name: string): number {
  const text = bytes.length > MAX_WORD_BYTES ? "" : keyOf(bytes);
  const seconds = /^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) ? Number(text) : NaN;
  if (!(seconds <= MAX_SECONDS)) throw outOfRange(name);
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

/** Reads how many: a whole number from 1; a larger one than `most` counts as that. @throws {CommandError} for any other */
export function countUpTo(most: number): OptionReader<number> {
  return (bytes, name) => {
    const number = wholeNumber(bytes) ?? 0;
    if (number < 1) throw outOfRange(name);
    return Math.min(number, most);
  };
}

/** An option's value as it came. */
export function rawBytes(bytes: Uint8Array): Uint8Array {
  return bytes;
}

/** The error for a number that is none, or is too small or too large. */
export function outOfRange(name: string): CommandError {
  return new CommandError(`ERR value is not an integer or out of range '${name}'`);
}

/** The error for an option that a command does not have. */
export function syntaxError(): CommandError {
  return new CommandError("ERR syntax error");
}

/** How an option's value is read from its bytes; gets the option's name for errors. */
export type OptionReader<T> = (bytes: Uint8Array, name: string) => T;

/** A table of options by their upper-case names: "flag" for one without a value, else what reads the value. */
export type OptionTable = Record<string, "flag" | OptionReader<unknown>>;

/** The options that were given: true for a flag, else the value. */
export type Options<T extends OptionTable> = {
  [Name in keyof T]?: T[Name] extends OptionReader<infer Value> ? Value : true;
};

/**
 * Reads the options of a command, in any order and each at most once.
 * @param from where in `argv` they start
 * @throws {CommandError} for an option that is unknown, repeated or without its value
 */
export function readOptions<T extends OptionTable>(argv: Uint8Array[], from: number, table: T): Options<T> {
  const options: Record<string, unknown> = {};
  for (let i = from; i < argv.length; i++) {
    const name = word(argv[i]);
    if (!Object.hasOwn(table, name) || Object.hasOwn(options, name)) throw syntaxError();
    const read = table[name];
    if (read !== "flag" && ++i === argv.length) throw syntaxError();
    options[name] = read === "flag" ? true : read(argv[i], name);
  }
  return options as Options<T>;
}
