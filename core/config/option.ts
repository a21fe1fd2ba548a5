/**
 * The `Option` type, and readers of option values.
 *
 * @module
 */
import { parseHostPort } from "../util/address.ts";

/** One option, `--its-name` on the command line and `OKQ_ITS_NAME` in the environment. */
export interface Option<T> {
  /** Stands for the value in `--help`: `host:port`. A switch has none; its flag turns it on. */
  placeholder?: string;
  /** One sentence without a period. */
  help: string;
  /** The default, as text. Without one the setting is undefined by default. */
  fallback?: string;
  /** The allowed values, to complete "it must be …". */
  allowed: string;
  /** Parses a value; undefined if it is not allowed. */
  read(text: string): T | undefined;
}

/** A TCP address to listen on. */
export interface ListenAddr {
  /** A host name or an IP address; IPv6 without brackets. */
  hostname: string;
  /** The port; 0 picks a free one. */
  port: number;
}

/** Reads addresses to listen on. */
export const ADDRESS = {
  placeholder: "host:port",
  allowed: "host:port with a port from 0 to 65535, as in 127.0.0.1:4777 or [::1]:4777",
  read(text: string): ListenAddr | undefined {
    const { host, port } = parseHostPort(text) ?? {};
    return host === undefined || port === undefined ? undefined : { hostname: host, port };
  },
};

/** Reads file names. */
export const FILE = {
  placeholder: "file",
  allowed: "the name of a file",
  read: (text: string): string | undefined => text || undefined,
};

/** Reads switches; the environment variable of a switch has a value, its flag has none. */
export const SWITCH = {
  allowed: "yes or no",
  read: (text: string): boolean | undefined => ({ yes: true, no: false })[text],
};

/** The reader of one kind of values. */
type Format<T> = Pick<Option<T>, "allowed" | "read">;

/** Longest time, in seconds: a day. */
const MAX_SECONDS = 86_400;

function readSeconds(text: string): number {
  const seconds = /^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text) ? Number(text) : NaN;
  return seconds <= MAX_SECONDS ? seconds : NaN;
}

/** Reads seconds as milliseconds. */
export const SECONDS: Format<number> = {
  allowed: `a number of seconds above 0, at most ${MAX_SECONDS}, as in 5 or 0.5`,
  read(text) {
    const seconds = readSeconds(text);
    return seconds > 0 ? Math.max(1, Math.round(seconds * 1000)) : undefined;
  },
};

/** Reads seconds as milliseconds, and 0 for no limit. */
export const SECONDS_OR_NEVER: Format<number> = {
  allowed: `a number of seconds, at most ${MAX_SECONDS}, as in 5 or 0.5, or 0 for never`,
  read: (text) => readSeconds(text) === 0 ? 0 : SECONDS.read(text),
};

/** Reads whole numbers. */
export function wholeNumber(min: number, max: number): Format<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read(text) {
      const number = /^[0-9]{1,12}$/.test(text) ? Number(text) : NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

/** Reads one of several words. */
export function oneOf<T extends string>(allowed: readonly T[]): Format<T> {
  const all = [...allowed];
  const last = all.pop();
  return {
    allowed: all.length > 0 ? `${all.join(", ")} or ${last}` : `${last}`,
    read: (text) => allowed.find((value) => value === text),
  };
}
