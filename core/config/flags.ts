/**
 * Reads the settings of a server from command-line flags and environment variables.
 *
 * @module
 */
import { parseArgs } from "../../deps.ts";
import type { Option } from "./option.ts";
import { OPTIONS, type Settings } from "./settings.ts";

/** A parsed command line. */
export interface Config extends Settings {
  /** Print the usage and exit. */
  help: boolean;
  /** Hash a password from standard input and exit. */
  hashPassword: boolean;
  /** Print the version and exit. */
  version: boolean;
}

/** An invalid setting, from flags, environment or `serve`. The message is one line and says what is allowed. */
export class ConfigError extends Error {
  /** Identifies the error where `instanceof` cannot. */
  override name = "ConfigError";
}

/** Reads an environment variable. */
export type Env = (name: string) => string | undefined;

/**
 * Reads the settings: flags first, then environment variables, then defaults. With `--help`, `--version` and
 * `--hash-password` the environment is ignored.
 * @param args as in `Deno.args`
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

/** The flag of a setting without its dashes: `listen-addr` for `listenAddr`, `store-timeout` for `storeTimeoutMs`. */
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
        Object.entries<Option<unknown>>(OPTIONS).map(([name, { placeholder }]) => [
          flagOf(name),
          { type: placeholder === undefined ? "boolean" as const : "string" as const },
        ]),
      ),
      help: { type: "boolean", short: "h" },
      "hash-password": { type: "boolean" },
      version: { type: "boolean" },
    },
    // Not strict: the checks below report errors in one line.
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
  return (OPTIONS as Record<string, Option<unknown>>)[name].placeholder === undefined;
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

/** Quotes a value in one line and masks the password of a URL. */
function quote(text: string): string {
  return JSON.stringify(text.replace(/:[^:@/]*@/, ":…@"));
}

function permittedEnv(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
