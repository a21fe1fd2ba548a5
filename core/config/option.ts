/**
 * What an option is, and how values that several options share are read.
 *
 * @module
 */
import { parseHostPort } from "../util/address.ts";

/** One option, `--its-name` on the command line and `OKQ_ITS_NAME` in the environment. */
export interface Option<T> {
  /** What its value is, for people: `host:port`. A switch has none: to name it is to turn it on. */
  value?: string;
  /** What it is for, in one sentence without a full stop. */
  help: string;
  /** The value if none is given, as it would be written. Without one the setting is left undefined. */
  fallback?: string;
  /** Which values are allowed, as the end of a sentence that starts with "it must be". */
  allowed: string;
  /** The value, or undefined if it is not allowed. */
  read(text: string): T | undefined;
}

/** Where to listen. */
export interface ListenAddr {
  /** A name or an IP address; IPv6 addresses stand without brackets. */
  hostname: string;
  /** The port; 0 picks a free one. */
  port: number;
}

/** How addresses to listen on are read. */
export const ADDRESS = {
  value: "host:port",
  allowed: "host:port with a port from 0 to 65535, as in 127.0.0.1:4777 or [::1]:4777",
  read(text: string): ListenAddr | undefined {
    const { host, port } = parseHostPort(text) ?? {};
    return host === undefined || port === undefined ? undefined : { hostname: host, port };
  },
};

/** How names of files are read. */
export const FILE = {
  value: "file",
  allowed: "the name of a file",
  read: (text: string): string | undefined => text || undefined,
};

/** How switches are read, on the command line and in the environment. */
export const SWITCH = {
  allowed: "yes or no",
  read: (text: string): boolean | undefined => ({ yes: true, no: false })[text],
};

/** How values of a kind are read, and which are allowed. */
type Format<T> = Pick<Option<T>, "allowed" | "read">;

/** The longest time, in seconds. */
const MAX_SECONDS = 86_400;

function readSeconds(text: string): number {
  const seconds = /^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text) ? Number(text) : NaN;
  return seconds <= MAX_SECONDS ? seconds : NaN;
}

/** How times are read, into milliseconds. */
export const SECONDS: Format<number> = {
  allowed: `a number of seconds above 0, at most ${MAX_SECONDS}, as in 5 or 0.5`,
  read(text) {
    const seconds = readSeconds(text);
    return seconds > 0 ? Math.max(1, Math.round(seconds * 1000)) : undefined;
  },
};

/** How times are read that may be without an end, which is 0. */
export const SECONDS_OR_NEVER: Format<number> = {
  allowed: `a number of seconds, at most ${MAX_SECONDS}, as in 5 or 0.5, or 0 for never`,
  read: (text) => readSeconds(text) === 0 ? 0 : SECONDS.read(text),
};

/** How whole numbers are read. */
export function wholeNumber(min: number, max: number): Format<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read(text) {
      const number = /^[0-9]{1,12}$/.test(text) ? Number(text) : NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

/** How one of several words is read. */
export function oneOf<T extends string>(allowed: readonly T[]): Format<T> {
  const all = [...allowed];
  const last = all.pop();
  return {
    allowed: all.length > 0 ? `${all.join(", ")} or ${last}` : `${last}`,
    read: (text) => allowed.find((value) => value === text),
  };
}
