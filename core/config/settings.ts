/**
 * The settings and their options, from which flags, environment variables and `--help` are made.
 *
 * @module
 */
import { HTTP_OPTIONS, type HttpSettings } from "./http.ts";
import { LIMIT_OPTIONS, type Limits } from "./limits.ts";
import { type Level, LEVELS, LOG_FORMATS, type LogFormat } from "../log.ts";
import {
  ADDRESS,
  bytes,
  count,
  type ListenAddr,
  oneOf,
  type Option,
  seconds,
  secondsOrNever,
  switchOption,
} from "./option.ts";
import { SECURITY_OPTIONS, type SecuritySettings } from "./security.ts";

/** All settings of a server. Each is an option: `listenAddr` is `--listen-addr`. */
export interface Settings extends SecuritySettings, HttpSettings, Limits {
  /** Address to listen on without TLS; null for TLS only. */
  listenAddr: ListenAddr | null;
  /** Share the port with other okq processes on this host (Linux); the system distributes connections. */
  reusePort: boolean;
  /** URL of the store. */
  store: string;
  /** Time that commands wait for an unreachable store, in milliseconds. */
  storeTimeoutMs: number;
  /** Redis replicas that must have a write before a command is answered; 0 does not wait. */
  storeWaitReplicas: number;
  /** Time to wait for these replicas, in milliseconds. */
  storeWaitTimeoutMs: number;
  /** Longest contents of an event, in bytes. */
  maxEventBytes: number;
  /** NOBLOCK pushes that may wait for the store. */
  maxNoblockPushes: number;
  /** Form of QSTATUS replies: lines of text, or arrays like QSTATS. */
  qstatus: "lines" | "array";
  /** Time from which a command is logged as slow, in milliseconds; 0 logs none. */
  slowlogThresholdMs: number;
  /** Least severe level that is logged. */
  logLevel: Level;
  /** Form of log lines: text for people, or a JSON object each. */
  logFormat: LogFormat;
}

/** The limit of a Redis string. */
const MAX_EVENT_BYTES = 512 * 1024 * 1024;
const MAX_NOBLOCK_PUSHES = 1_000_000;
const MAX_REPLICAS = 100;

export const OPTIONS: { [Name in keyof Settings]-?: Option<Exclude<Settings[Name], undefined>> } = {
  listenAddr: {
    ...ADDRESS,
    help: "Address to listen on; port 0 picks a free port, off listens with TLS only",
    fallback: "127.0.0.1:4777",
    allowed: `${ADDRESS.allowed}, or off`,
    read: (text) => text === "off" ? null : ADDRESS.read(text),
    value: {
      allowed: `${ADDRESS.value.allowed}, or null`,
      write: (value) => value === null ? "off" : ADDRESS.value.write(value),
    },
  },
  reusePort: switchOption(
    "Share the port with other okq processes on this host (Linux; needs deno run --unstable-net)",
  ),
  ...SECURITY_OPTIONS,
  ...HTTP_OPTIONS,
  store: {
    placeholder: "url",
    help: "Store for events: redis:// or rediss://host:port/db, redis+cluster://host:port,…, " +
      "redis+sentinel://host:port,…/master, sqlite:file or sqlite::memory:",
    fallback: "redis://127.0.0.1:6379/0",
    allowed: "redis://host:port/db, rediss://host:port/db, redis+cluster://host:port,host:port, " +
      "redis+sentinel://host:port,host:port/master, sqlite:file or sqlite::memory:",
    read(text) {
      const allowed = /^(rediss?:\/\/\S+|rediss?\+cluster:\/\/\S+|rediss?\+sentinel:\/\/[^\s/]+\/\S+|sqlite:.+)$/;
      return allowed.test(text) ? text : undefined;
    },
  },
  storeTimeoutMs: seconds(5, "Time that commands wait for an unreachable store"),
  storeWaitReplicas: count(
    0,
    [0, MAX_REPLICAS],
    "Number of Redis replicas that must have a write before its command is answered",
  ),
  storeWaitTimeoutMs: seconds(1, "Time to wait for these replicas"),
  maxEventBytes: bytes(16_777_216, [1, MAX_EVENT_BYTES], "Maximum size of an event's contents"),
  maxNoblockPushes: count(1024, [0, MAX_NOBLOCK_PUSHES], "Maximum number of NOBLOCK pushes that wait for the store"),
  qstatus: {
    placeholder: "form",
    help: "Form of QSTATUS replies: lines of text, or an array per queue like QSTATS",
    fallback: "lines",
    ...oneOf(["lines", "array"]),
  },
  slowlogThresholdMs: secondsOrNever(1, "Time from which a command is logged as slow, 0 for none"),
  logLevel: {
    placeholder: "level",
    help: "Least severe level to log: debug, info, warn or error",
    fallback: "info",
    ...oneOf(LEVELS),
  },
  logFormat: {
    placeholder: "format",
    help: "Form of log lines: text, or a JSON object each",
    fallback: "text",
    ...oneOf(LOG_FORMATS),
  },
  ...LIMIT_OPTIONS,
};

export function defaultSettings(): Settings {
  const defaults = Object.entries<Option<unknown>>(OPTIONS).flatMap(([name, { fallback, read }]) =>
    fallback === undefined ? [] : [[name, read(fallback)]]
  );
  return Object.fromEntries(defaults);
}
