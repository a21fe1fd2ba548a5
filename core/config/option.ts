/**
 * The `Option` type, and readers of option values.
 *
 * @module
 */
import { formatHostPort, parseHostPort } from "../util/address.ts";

/** One option, `--its-name` on the command line and `OKQ_ITS_NAME` in the environment. */
export interface Option<T> {
  /** Stands for the value in `--help`, like `host:port`. A switch has none. */
  placeholder?: string;
  /** One sentence without a period. */
  help: string;
  /** The default, as text. */
  fallback?: string;
  /** Completes "it must be …". */
  allowed: string;
  /** Returns undefined if the value is not allowed. */
  read(text: string): T | undefined;
  /** How a program gives it to `serve`, if not as the text of the option. */
  value?: ValueForm;
}

/** The form of a value that is no text. */
interface ValueForm {
  /** Completes "it must be …". */
  allowed: string;
  /** The text of the option for a value, so that both have the same bounds; undefined for a wrong type. */
  write(value: unknown): string | undefined;
}

/** A TCP address to listen on. */
export interface ListenAddr {
  /** A host name or an IP address; IPv6 without brackets. */
  hostname: string;
  /** The port; 0 picks a free one. */
  port: number;
}

export const ADDRESS = {
  placeholder: "host:port",
  allowed: "host:port with a port from 0 to 65535, as in 127.0.0.1:4777 or [::1]:4777",
  read(text: string): ListenAddr | undefined {
    const { host, port } = parseHostPort(text) ?? {};
    return host === undefined || port === undefined ? undefined : { hostname: host, port };
  },
  value: {
    allowed: "an object with a hostname and a port from 0 to 65535",
    write(value: unknown): string | undefined {
      const { hostname, port } = (value ?? {}) as Partial<ListenAddr>;
      return typeof hostname === "string" && typeof port === "number" ? formatHostPort(hostname, port) : undefined;
    },
  },
};

export const FILE = {
  placeholder: "file",
  allowed: "the name of a file",
  read: (text: string): string | undefined => text || undefined,
};

/** A switch, off by default. Its environment variable has a value, its flag has none. */
export function switchOption(help: string): Option<boolean> {
  const write = (value: unknown) => typeof value === "boolean" ? (value ? "yes" : "no") : undefined;
  const read = (text: string) => ({ yes: true, no: false })[text];
  return { help, fallback: "no", allowed: "yes or no", read, value: { allowed: "true or false", write } };
}

/** A day. */
const MAX_SECONDS = 86_400;

/** A time above 0. The value is in milliseconds, `fallback` in seconds. */
export function seconds(fallback: number, help: string): Option<number> {
  const allowed = `a number of seconds above 0, at most ${MAX_SECONDS}, as in 5 or 0.5`;
  const value = { allowed: `a number of milliseconds above 0, at most ${MAX_SECONDS * 1000}`, write: writeMs };
  return { placeholder: "seconds", help, fallback: `${fallback}`, allowed, read: readPositiveMs, value };
}

/** A time, or 0 for no limit, like {@linkcode seconds}. */
export function secondsOrNever(fallback: number, help: string): Option<number> {
  const allowed = `a number of seconds, at most ${MAX_SECONDS}, as in 5 or 0.5, or 0 for never`;
  const read = (text: string) => readSeconds(text) === 0 ? 0 : readPositiveMs(text);
  const value = { allowed: `a number of milliseconds, at most ${MAX_SECONDS * 1000}, or 0 for never`, write: writeMs };
  return { placeholder: "seconds", help, fallback: `${fallback}`, allowed, read, value };
}

function writeMs(value: unknown): string | undefined {
  return typeof value === "number" ? `${Math.ceil(value) / 1000}` : undefined;
}

function readPositiveMs(text: string): number | undefined {
  const seconds = readSeconds(text);
  return seconds > 0 ? Math.max(1, Math.round(seconds * 1000)) : undefined;
}

function readSeconds(text: string): number {
  const seconds = /^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text) ? Number(text) : NaN;
  return seconds <= MAX_SECONDS ? seconds : NaN;
}

type Range = [min: number, max: number];

export function count(fallback: number, range: Range, help: string): Option<number> {
  return wholeNumber("count", fallback, range, help);
}

export function bytes(fallback: number, range: Range, help: string): Option<number> {
  return wholeNumber("bytes", fallback, range, help);
}

function wholeNumber(placeholder: string, fallback: number, [min, max]: Range, help: string): Option<number> {
  const read = (text: string) => {
    const number = /^[0-9]{1,12}$/.test(text) ? Number(text) : NaN;
    return number >= min && number <= max ? number : undefined;
  };
  const allowed = `a whole number from ${min} to ${max}`;
  const write = (value: unknown) => typeof value === "number" ? `${value}` : undefined;
  return { placeholder, help, fallback: `${fallback}`, allowed, read, value: { allowed, write } };
}

export function oneOf<T extends string>(allowed: readonly T[]): Pick<Option<T>, "allowed" | "read"> {
  const all = [...allowed];
  const last = all.pop();
  return {
    allowed: all.length > 0 ? `${all.join(", ")} or ${last}` : `${last}`,
    read: (text) => allowed.find((value) => value === text),
  };
}
