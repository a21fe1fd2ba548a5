/**
 * Readers for the arguments of commands.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { allOf, type OptionReader } from "../../core/arguments.ts";
import { word } from "../../store/bytes.ts";
import { CommandError } from "./command.ts";

export * from "../../core/arguments.ts";
export { word };

/** Splits the arguments that belong to the events, two to each. @throws {CommandError} if they are odd or too many */
export function pairs(command: string, argv: Uint8Array[], max: number): [Uint8Array, Uint8Array][] {
  if (argv.length === 0 || argv.length % 2 === 1) {
    throw new CommandError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
  }
  if (argv.length > 2 * max) throw new CommandError(`ERR too many events: ${command} takes at most ${max}`);
  return Array.from({ length: argv.length / 2 }, (_, i) => [argv[2 * i], argv[2 * i + 1]]);
}

/** @param problem what is wrong with the argument, and what is allowed */
export function syntaxError(near: Uint8Array | string, problem: string): CommandError {
  const shown = typeof near === "string" ? near : printable(near);
  return new CommandError(`ERR syntax error near '${shown}': ${problem}`);
}

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
  return names.length === 1 ? `the only option is ${names[0]}` : `the options are ${allOf(names)}`;
}

/** For options that are called fields, and are written in lower case. */
export function listedFields(names: string[]): string {
  return `the fields are ${allOf(names).toLowerCase()}`;
}
