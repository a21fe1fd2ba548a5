/**
 * The settings of a server, from its command line and the environment.
 *
 * @module
 */
import { parseArgs } from "../../deps.ts";
import type { Option } from "./option.ts";
import { OPTIONS, type Settings } from "./settings.ts";

/** What a command line asks for. */
export interface Config extends Settings {
  /** Only show how to use okq. */
  help: boolean;
  /** Only make the hash of a password. */
  hashPassword: boolean;
  /** Only show the version. */
  version: boolean;
}

/** A command line or environment that cannot be used. Its message is one line and says what is allowed. */
export class ConfigError extends Error {
  /** Always "ConfigError". */
  override name = "ConfigError";
}

/** Looks up an environment variable. */
export type Env = (name: string) => string | undefined;

/**
 * Reads the settings: flags first, then environment variables, then defaults. The environment does not matter to
 * `--help`, `--version` and `--hash-password`.
 * @param args as in `Deno.args`
 * @param env by default those variables that okq has been allowed to read; it never asks
 * @throws {ConfigError} for an unknown flag, a bad value or anything that is no flag
 */
export function parseConfig(args: string[], env: Env = permittedEnv): Config {
  const flags = readFlags(args);
  const help = flags.has("help");
  const version = flags.has("version");
  const hashPassword = flags.has("hash-password");
  const settings = Object.entries<Option<unknown>>(OPTIONS).map(([name, option]) => {
    const flag = flagOf(name);
    const variable = variableOf(name);
    const text = help || version || hashPassword ? undefined : env(variable) || undefined;
    const given = flags.get(flag);
    if (given !== undefined) return [name, readValue(`--${flag}`, given, option)];
    const value = text ?? option.fallback;
    return [name, value === undefined ? undefined : readValue(variable, value, option)];
  });
  const given = settings.filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given) as Settings, help, hashPassword, version };
}

/** The flag of a setting, without dashes: `listen-addr` for `listenAddr`, `store-timeout` for `storeTimeoutMs`. */
export function flagOf(name: string): string {
  return name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable of a setting: `OKQ_LISTEN_ADDR` for `listenAddr`. */
export function variableOf(name: string): string {
  return `OKQ_${flagOf(name).replaceAll("-", "_").toUpperCase()}`;
}

function readFlags(args: string[]): Map<string, string> {
  const names = Object.keys(OPTIONS).map(flagOf);
  const { tokens } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(
        Object.entries<Option<unknown>>(OPTIONS).map(([name, { value }]) => [
          flagOf(name),
          { type: value === undefined ? "boolean" as const : "string" as const },
        ]),
      ),
      help: { type: "boolean", short: "h" },
      "hash-password": { type: "boolean" },
      version: { type: "boolean" },
    },
    // All that is not allowed is refused below, in one line.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const switches = new Set(["help", "hash-password", "version", ...Object.keys(OPTIONS).filter(isSwitch).map(flagOf)]);
  const flags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") throw new ConfigError(`Cannot use ${quote(token.value)}: ${allowedFlags(names)}`);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (switches.has(name)) {
      if (value !== undefined) throw new ConfigError(`Cannot use ${quote(value)} for --${name}: it takes no value`);
    } else if (!names.includes(name)) {
      throw new ConfigError(`Cannot use ${quote(rawName)}: ${allowedFlags(names)}`);
    }
    flags.set(name, switches.has(name) ? "yes" : value ?? "");
  }
  return flags;
}

function isSwitch(name: string): boolean {
  return (OPTIONS as Record<string, Option<unknown>>)[name].value === undefined;
}

function allowedFlags(names: string[]): string {
  return `allowed are ${names.map((name) => `--${name}`).join(", ")}, --hash-password, --version and --help`;
}

function readValue(source: string, text: string, option: Option<unknown>): unknown {
  const value = option.read(text);
  if (value === undefined) {
    throw new ConfigError(`Cannot use ${quote(text)} for ${source}: it must be ${option.allowed}`);
  }
  return value;
}

/** Quotes on one line, without the password that a store's URL may hold. */
function quote(text: string): string {
  return JSON.stringify(text.replace(/:[^:@/]*@/, ":…@"));
}

function permittedEnv(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
