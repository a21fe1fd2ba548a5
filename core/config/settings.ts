/**
 * The table of options. What the command line takes, which environment variables count, and what `--help` says come from
 * it.
 *
 * @module
 */
import { HTTP_OPTIONS, type HttpSettings } from "./http.ts";
import { LIMIT_OPTIONS, type Limits } from "./limits.ts";
import { type Level, LEVELS } from "../log.ts";
import {
  ADDRESS,
  type ListenAddr,
  oneOf,
  type Option,
  SECONDS,
  SECONDS_OR_NEVER,
  SWITCH,
  wholeNumber,
} from "./option.ts";
import { SECURITY_OPTIONS, type SecuritySettings } from "./security.ts";

/** The settings, each an option: `listenAddr` is `--listen-addr`. */
export interface Settings extends SecuritySettings, HttpSettings, Limits {
  /** Where to listen without TLS; null is nowhere. */
  listenAddr: ListenAddr | null;
  /** Share the port with other okq processes on this host; the system spreads connections over them (Linux). */
  reusePort: boolean;
  /** Which store to use, as a URL. */
  store: string;
  /** How long commands wait for a store that is out of reach, in milliseconds. */
  storeTimeoutMs: number;
  /** How many replicas of Redis must have what a client is told is stored; 0 asks none. */
  storeWaitReplicas: number;
  /** How long they may take, in milliseconds. */
  storeWaitTimeoutMs: number;
  /** The longest event contents, in bytes. */
  maxEventBytes: number;
  /** How many NOBLOCK pushes may wait for the store. */
  maxNoblockPushes: number;
  /** What QSTATUS answers: lines of text, or rows like QSTATS. */
  qstatus: "lines" | "array";
  /** How long a command must take to be logged as slow, in milliseconds; 0 logs none. */
  slowlogThresholdMs: number;
  /** The least grave events to log. */
  logLevel: Level;
}

/** The most that contents may be limited to, in bytes: what a Redis string holds. */
const MAX_EVENT_BYTES = 512 * 1024 * 1024;

/** The most background pushes. */
const MAX_BACKGROUND_PUSHES = 1_000_000;

/** The most replicas that can be asked for. */
const MAX_REPLICAS = 100;

/** All options that are settings, by the name of the setting. */
export const OPTIONS: { [Name in keyof Settings]-?: Option<Exclude<Settings[Name], undefined>> } = {
  listenAddr: {
    ...ADDRESS,
    help: "Where to listen; port 0 picks a free one, off leaves TLS alone",
    fallback: "127.0.0.1:4777",
    allowed: `${ADDRESS.allowed}, or off`,
    read: (text) => text === "off" ? null : ADDRESS.read(text),
  },
  reusePort: {
    help: "Share the port with other okq processes on this host (Linux; needs deno run --unstable-net)",
    fallback: "no",
    ...SWITCH,
  },
  ...SECURITY_OPTIONS,
  ...HTTP_OPTIONS,
  store: {
    value: "url",
    help: "Where events are kept: redis:// or rediss://host:port/db, redis+cluster://host:port,…, " +
      "redis+sentinel://host:port,…/master, sqlite:file or sqlite::memory:",
    fallback: "redis://127.0.0.1:6379/0",
    allowed: "redis://host:port/db, rediss://host:port/db, redis+cluster://host:port,host:port, " +
      "redis+sentinel://host:port,host:port/master, sqlite:file or sqlite::memory:",
    read(text) {
      const allowed = /^(rediss?:\/\/\S+|rediss?\+cluster:\/\/\S+|rediss?\+sentinel:\/\/[^\s/]+\/\S+|sqlite:.+)$/;
      return allowed.test(text) ? text : undefined;
    },
  },
  storeTimeoutMs: {
    value: "seconds",
    help: "How long commands wait for a store that is out of reach",
    fallback: "5",
    ...SECONDS,
  },
  storeWaitReplicas: {
    value: "count",
    help: "How many replicas of Redis must have what a client is told is stored",
    fallback: "0",
    ...wholeNumber(0, MAX_REPLICAS),
  },
  storeWaitTimeoutMs: {
    value: "seconds",
    help: "How long those replicas may take",
    fallback: "1",
    ...SECONDS,
  },
  maxEventBytes: {
    value: "bytes",
    help: "The longest contents of an event",
    fallback: "16777216",
    ...wholeNumber(1, MAX_EVENT_BYTES),
  },
  maxNoblockPushes: {
    value: "count",
    help: "How many pushes with NOBLOCK may wait for the store",
    fallback: "1024",
    ...wholeNumber(0, MAX_BACKGROUND_PUSHES),
  },
  qstatus: {
    value: "form",
    help: "What QSTATUS answers: lines of text, or an array for each queue as QSTATS does",
    fallback: "lines",
    ...oneOf(["lines", "array"]),
  },
  slowlogThresholdMs: {
    value: "seconds",
    help: "How long a command must take to be logged as slow; 0 logs none",
    fallback: "1",
    ...SECONDS_OR_NEVER,
  },
  logLevel: {
    value: "level",
    help: "The least grave events to log: debug, info, warn or error",
    fallback: "info",
    ...oneOf(LEVELS),
  },
  ...LIMIT_OPTIONS,
};

/** The settings where nothing is given. */
export function defaultSettings(): Settings {
  const defaults = Object.entries<Option<unknown>>(OPTIONS).flatMap(([name, { fallback, read }]) =>
    fallback === undefined ? [] : [[name, read(fallback)]]
  );
  return Object.fromEntries(defaults);
}
