/**
 * Settings from command-line flags and environment variables.
 *
 * @module
 */
import { parseArgs } from "../../deps.ts";
import type { Option } from "./option.ts";
import { OPTIONS, type Settings } from "./settings.ts";

export interface Config extends Settings {
  help: boolean;
  /** Hash a password from standard input and exit. */
  hashPassword: boolean;
  version: boolean;
}

/** An invalid setting, from flags, environment or `serve`. The message is one line and says what is allowed. */
export class ConfigError extends Error {
  /** Identifies the error where `instanceof` cannot. */
  override name = "ConfigError";
}

export type Env = (name: string) => string | undefined;

/**
 * Reads flags first, then environment variables, then defaults. With `--help`, `--version` and `--hash-password` the
 * environment is ignored.
 * @param env by default reads variables for which Deno has permission, without prompting
 * @throws {ConfigError} for an unknown flag, an invalid value or a positional argument
 */
export function parseConfig(args: string[], env: Env = permittedEnv): Config {
  const flags = readFlags(args);
  const help = flags.has("help");
  const version = flags.has("version");
  const hashPassword = flags.has("hash-password");
  const settings = Object.entries<Option<unknown>>(OPTIONS).map(([name, option]) => {
    const flag = flagOf(name);
    const variable = variableOf(name);
    const flagText = flags.get(flag);
    if (flagText !== undefined) return [name, readValue(`--${flag}`, flagText, option)];
    const envText = help || version || hashPassword ? undefined : env(variable) || undefined;
    const text = envText ?? option.fallback;
    return [name, text === undefined ? undefined : readValue(variable, text, option)];
  });
  const defined = settings.filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defined) as Settings, help, hashPassword, version };
}

/** `listen-addr` for `listenAddr`, `store-timeout` for `storeTimeoutMs`. */
export function flagOf(name: string): string {
  return name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `OKQ_LISTEN_ADDR` for `listenAddr`. */
export function variableOf(name: string): string {
  return `OKQ_${flagOf(name).replaceAll("-", "_").toUpperCase()}`;
}

/** Flags that are no settings. */
const PROGRAM_FLAGS = ["hash-password", "version", "help"];

function readFlags(args: string[]): Map<string, string> {
  const isSwitch = new Map([
    ...Object.entries<Option<unknown>>(OPTIONS).map(([name, option]) => [flagOf(name), !option.placeholder] as const),
    ...PROGRAM_FLAGS.map((flag) => [flag, true] as const),
  ]);
  const types = Array.from(isSwitch, ([flag, bare]) => [flag, { type: bare ? "boolean" : "string" }] as const);
  const { tokens } = parseArgs({
    args,
    options: { ...Object.fromEntries(types), help: { type: "boolean", short: "h" } },
    // Not strict: the checks below report errors in one line.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const allowed = Array.from(isSwitch.keys(), (flag) => `--${flag}`).join(", ").replace(/, (?=--help$)/, " and ");
  const flags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") throw new ConfigError(`Cannot use ${quote(token.value)}: allowed are ${allowed}`);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (!isSwitch.has(name)) throw new ConfigError(`Cannot use ${quote(rawName)}: allowed are ${allowed}`);
    if (isSwitch.get(name) && value !== undefined) {
      throw new ConfigError(`Cannot use ${quote(value)} for --${name}: it takes no value`);
    }
    flags.set(name, isSwitch.get(name) ? "yes" : value ?? "");
  }
  return flags;
}

function readValue(source: string, text: string, option: Option<unknown>): unknown {
  const value = option.read(text);
  if (value === undefined) {
    throw new ConfigError(`Cannot use ${quote(text)} for ${source}: it must be ${option.allowed}`);
  }
  return value;
}

/** Masks the password of a URL. */
export function quote(text: string): string {
  return JSON.stringify(text.replace(/:[^:@/]*@/, ":…@"));
}

function permittedEnv(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
