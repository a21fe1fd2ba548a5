/**
 * Readers for command arguments. Names, ids and contents stay bytes; only option words and numbers are decoded.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { Glob } from "../../core/util/glob.ts";
import { CommandError } from "./command.ts";
import { keyOf, MAX_WORD_BYTES, RecentCache, word } from "../../store/bytes.ts";
import { MAX_DURATION_MS, MAX_GROUP_BYTES, MAX_ID_BYTES, MAX_META_BYTES, MAX_QUEUE_BYTES } from "../../store/limits.ts";

export { word };

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

/** Not negative, without exponent; NaN for anything else. */
export function decimal(bytes: Uint8Array): number {
  const text = bytes.length > MAX_WORD_BYTES ? "" : keyOf(bytes);
  return /^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) ? Number(text) : NaN;
}

/** Reads a whole number from 1, and lowers it to `max`. */
export function countUpTo(max: number): OptionReader<number> {
  return (bytes, name) => {
    const number = wholeNumber(bytes) ?? 0;
    if (number < 1) throw outOfRange(name);
    return Math.min(number, max);
  };
}

/** Reads a glob pattern. @throws {CommandError} if it is longer than anything that it could match */
export function globPattern(bytes: Uint8Array): Glob {
  if (bytes.length > MAX_ID_BYTES) throw new CommandError(`ERR pattern must be at most ${MAX_ID_BYTES} bytes long`);
  return new Glob(keyOf(bytes));
}

/** Splits the arguments that belong to the events, two to each. @throws {CommandError} if they are odd or too many */
export function pairs(command: string, argv: Uint8Array[], max: number): [Uint8Array, Uint8Array][] {
  if (argv.length === 0 || argv.length % 2 === 1) {
    throw new CommandError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
  }
  if (argv.length > 2 * max) throw new CommandError(`ERR too many events: ${command} takes at most ${max}`);
  return Array.from({ length: argv.length / 2 }, (_, i) => [argv[2 * i], argv[2 * i + 1]]);
}

export function rawBytes(bytes: Uint8Array): Uint8Array {
  return bytes;
}

export function outOfRange(name: string): CommandError {
  return new CommandError(`ERR value is not an integer or out of range '${name}'`);
}

/** @param problem what is wrong with the argument, and what is allowed */
export function syntaxError(near: Uint8Array | string, problem: string): CommandError {
  const shown = typeof near === "string" ? near : printable(near);
  return new CommandError(`ERR syntax error near '${shown}': ${problem}`);
}

/** As in `A, B or C`. */
export function either(words: readonly string[]): string {
  return EITHER.format(words);
}

const EITHER = new Intl.ListFormat("en-GB", { type: "disjunction" });
const ALL = new Intl.ListFormat("en-GB", { type: "conjunction" });

/** Reads an option's value; `name` is the option, for errors. */
export type OptionReader<T> = (bytes: Uint8Array, name: string) => T;

/**
 * Options by upper-case name: "flag" for one without a value, "rest" for one whose values are all arguments behind it,
 * else the reader of its value.
 */
export type OptionTable = Record<string, "flag" | "rest" | OptionReader<unknown>>;

export type Options<T extends OptionTable> = {
  [Name in keyof T]?: T[Name] extends OptionReader<infer Value> ? Value : T[Name] extends "rest" ? Uint8Array[] : true;
};

/**
 * Reads options in any order from index `from` of `argv` on.
 * @param listed the names of the table, for the error
 * @throws {CommandError} for an option that is unknown, repeated or without its value
 */
export function readOptions<T extends OptionTable>(
  argv: Uint8Array[],
  from: number,
  table: T,
  listed: (names: string[]) => string = listedOptions,
): Options<T> {
  const options: Record<string, unknown> = {};
  for (let i = from; i < argv.length; i++) {
    const name = word(argv[i]);
    if (!Object.hasOwn(table, name)) throw syntaxError(argv[i], listed(Object.keys(table)));
    if (Object.hasOwn(options, name)) throw syntaxError(argv[i], "it is given twice");
    const read = table[name];
    if (read === "rest") {
      options[name] = argv.slice(i + 1);
      break;
    }
    if (read !== "flag" && ++i === argv.length) throw syntaxError(argv[i - 1], "a value must follow");
    options[name] = read === "flag" ? true : read(argv[i], name);
  }
  return options as Options<T>;
}

function listedOptions(names: string[]): string {
  return names.length === 1 ? `the only option is ${names[0]}` : `the options are ${ALL.format(names)}`;
}

/** For options that are called fields, and are written in lower case. */
export function listedFields(names: string[]): string {
  return `the fields are ${ALL.format(names).toLowerCase()}`;
}
