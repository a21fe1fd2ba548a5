/**
 * The frame of every long program: reads its options, ends on a signal, and exits with its verdict.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "../deps.ts";

export interface Option<T> {
  type: "string" | "boolean";
  /**
   * @param value the given text; "true" for a flag; undefined without the option
   * @throws {Error} that says what is allowed
   */
  read(value: string | undefined, name: string): T;
}

export type Values<Options> = { [Name in keyof Options]: Options[Name] extends Option<infer T> ? T : never };

export const flag: Option<boolean> = { type: "boolean", read: (value) => value !== undefined };

export const text: Option<string | undefined> = { type: "string", read: (value) => value };

/** A number from 0 on with up to ten digits; whole unless `decimals` is set. */
export function number(fallback: () => number, decimals = false): Option<number> {
  const pattern = decimals ? /^\d{1,10}(\.\d+)?$/ : /^\d{1,10}$/;
  return {
    type: "string",
    read(value, name) {
      if (value === undefined) return fallback();
      if (!pattern.test(value)) {
        throw new Error(`Cannot use --${name} ${value}: it must be a ${decimals ? "" : "whole "}number`);
      }
      return Number(value);
    },
  };
}

/** A seed of pseudo-random numbers; a random one by default. */
export const seed: Option<number> = number(() => Math.floor(Math.random() * 2 ** 31));

/** Some of these names, separated by commas, or `all`. */
export function choice(names: readonly string[], fallback: readonly string[] = names): Option<readonly string[]> {
  return {
    type: "string",
    read(value, name) {
      if (value === undefined) return fallback;
      const chosen = value === "all" ? names : value.split(",");
      const unknown = chosen.find((one) => !names.includes(one));
      if (unknown !== undefined) {
        throw new Error(`Cannot use --${name} ${unknown}: allowed are all, ${names.join(", ")}`);
      }
      return chosen;
    },
  };
}

/** @throws {Error} in one line that says what is allowed */
export function readOptions<O extends Record<string, Option<unknown>>>(args: string[], options: O): Values<O> {
  const types = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));
  const { values } = parseArgs({ args, options: types });
  const read = ([name, option]: [string, Option<unknown>]) => {
    const value = values[name];
    return [name, option.read(value === undefined ? undefined : `${value}`, name)];
  };
  return Object.fromEntries(Object.entries(options).map(read)) as Values<O>;
}

/** Exits with 0 if `run` resolves to true, else with 1. */
export async function main<O extends Record<string, Option<unknown>>>(
  name: string,
  options: O,
  run: (values: Values<O>) => Promise<boolean>,
): Promise<never> {
  // Deno.exit runs the cleanups of onExit; a signal without a listener does not.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
  try {
    Deno.exit(await run(readOptions(Deno.args, options)) ? 0 : 1);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
