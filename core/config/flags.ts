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

/** Variables by their names. */
export type Env = Readonly<Record<string, string>>;

/**
 * Reads flags first, then environment variables, then defaults. With `--help`, `--version` and `--hash-password` the
 * environment is ignored.
 * @param env by default those for which Deno has permission
 * @throws {ConfigError} for an unknown flag or variable, an invalid value or a positional argument
 */
export function parseConfig(args: string[], env: Env = permittedEnv()): Config {
  const flags = readFlags(args);
  const help = flags.has("help");
  const version = flags.has("version");
  const hashPassword = flags.has("hash-password");
  const variables = help || version || hashPassword ? {} : env;
  refuseUnknown(variables);
  const settings = Object.entries<Option<unknown>>(OPTIONS).map(([name, option]) => {
    const flag = flagOf(name);
    const variable = variableOf(name);
    const flagText = flags.get(flag);
    if (flagText !== undefined) return [name, readValue(`--${flag}`, flagText, option)];
    const text = variables[variable] || option.fallback;
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

/** Settings that say where secrets are, or are some. */
const SECRET: readonly (keyof Settings)[] = ["requirepass", "requirepassFile", "users", "tlsKey"];

/** The settings as the texts of their flags, without secrets; empty for one that is not set. */
export function shownSettings(settings: Settings): Map<string, string> {
  const shown = new Map<string, string>();
  for (const [name, { value }] of Object.entries<Option<unknown>>(OPTIONS)) {
    if (SECRET.includes(name as keyof Settings)) continue;
    const setting = settings[name as keyof Settings];
    const text = setting === undefined ? "" : typeof setting === "string" ? setting : value?.write(setting) ?? "";
    shown.set(flagOf(name), withoutPasswords(text));
  }
  return shown;
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

/** Masks the passwords of a URL. */
export function withoutPasswords(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^/]*@/, "$1:…@").replace(/:[^:@/]*@/, ":…@").replace(/(password=)[^&]*/, "$1…");
}

export function quote(text: string): string {
  return JSON.stringify(withoutPasswords(text));
}

const PREFIX = "OKQ_";

/** Kubernetes sets such variables, here with their values, in every pod beside a service named `okq` or `okq-…`. */
const OF_KUBERNETES =
  /^\w+_(SERVICE_HOST=|SERVICE_PORT(_\w+)?=|PORT=(tcp|udp|sctp):|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=)/;

/** An empty variable counts as not set. */
function refuseUnknown(env: Env): void {
  const known = Object.keys(OPTIONS).map(variableOf);
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value === "" || known.includes(name)) continue;
    if (OF_KUBERNETES.test(`${name}=${value}`)) continue;
    throw new ConfigError(`Cannot use the variable ${quote(name)}: allowed are ${known.join(", ")}`);
  }
}

/** Never prompts. Without permission for the whole environment unknown names cannot be found. */
function permittedEnv(): Env {
  if (isPermitted()) return Deno.env.toObject();
  const names = Object.keys(OPTIONS).map(variableOf).filter(isPermitted);
  return Object.fromEntries(names.map((name) => [name, Deno.env.get(name) ?? ""]));
}

function isPermitted(variable?: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/** Which variables this process may read, for the log. */
export function environmentUse(): string {
  if (isPermitted()) return "read";
  const names = Object.keys(OPTIONS).map(variableOf);
  const readable = names.filter(isPermitted);
  if (readable.length === 0) return `not read: ${PREFIX}… variables need --allow-env`;
  if (readable.length === names.length) return "read, but without --allow-env other names are not refused";
  return `read ${readable.join(", ")}; others need --allow-env`;
}
