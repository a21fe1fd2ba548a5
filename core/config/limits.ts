/**
 * What a stranger may use of the server at most, each bound an option. Whoever cannot be served without limit is refused,
 * is not read from until there is room again, or is hung up on; nobody else notices.
 *
 * @module
 */
import { type Option, SECONDS, SECONDS_OR_NEVER, wholeNumber } from "./option.ts";

/** The bounds. Times are in milliseconds, 0 for never where that is allowed. */
export interface Limits {
  /** Connections at once; more are refused. */
  maxClients: number;
  /** How long a client may take to say who it is, where it must. */
  authTimeoutMs: number;
  /** How long a command may take to arrive, from its first byte to its last. */
  inputTimeoutMs: number;
  /** How long a client may do nothing, 0 for ever. One that waits for an event does something. */
  idleTimeoutMs: number;
  /** How long a client may read nothing of what waits for it. */
  outputTimeoutMs: number;
  /** Bytes of replies that a client may leave unread. */
  maxOutputBuffer: number;
  /** Arguments of a command, its name included. */
  maxArguments: number;
  /** Bytes of an inline command. */
  maxInlineBytes: number;
  /** Commands of a connection that are begun and not answered; the next are begun when some are. */
  maxPipeline: number;
  /** Bytes that a client may send behind a command that waits. */
  maxReadAheadBytes: number;
  /** Memory for what is received and not answered, of all connections together. */
  maxInFlightBytes: number;
  /** Queues that a connection may register. */
  maxClientQueues: number;
  /** Queues that all connections together may register, each counted for each connection. */
  maxRegistrations: number;
  /** Events that all connections together may hold with QCLAIM HOLD. */
  maxHeldEvents: number;
  /** Connections that may wait for events at once. */
  maxBlockedClients: number;
  /** How long the server may take to finish what is begun when it is told to stop. */
  shutdownTimeoutMs: number;
}

const MILLION = 1_000_000;
const MIB = 1024 * 1024;

/** The options of the bounds, by the name of the setting. */
export const LIMIT_OPTIONS: { [Name in keyof Limits]: Option<Limits[Name]> } = {
  maxClients: {
    value: "count",
    help: "Connections at once; more are refused",
    fallback: "10000",
    ...wholeNumber(1, MILLION),
  },
  authTimeoutMs: {
    value: "seconds",
    help: "How long a client may take to authenticate, where a password is asked for",
    fallback: "10",
    ...SECONDS,
  },
  inputTimeoutMs: {
    value: "seconds",
    help: "How long a command may take to arrive in full; then the client is hung up on",
    fallback: "60",
    ...SECONDS,
  },
  idleTimeoutMs: {
    value: "seconds",
    help:
      "How long a client may send nothing before it is hung up on; waiting in QNOTIFY does not count, 0 is for ever",
    fallback: "0",
    ...SECONDS_OR_NEVER,
  },
  outputTimeoutMs: {
    value: "seconds",
    help: "How long a client may read nothing of the replies that wait for it before it is hung up on",
    fallback: "60",
    ...SECONDS,
  },
  maxOutputBuffer: {
    value: "bytes",
    help: "Replies that a client may leave unread; then it is hung up on",
    fallback: `${64 * MIB}`,
    ...wholeNumber(MIB, 1024 * MIB),
  },
  maxArguments: {
    value: "count",
    help: "Arguments of a command",
    fallback: "65536",
    ...wholeNumber(16, 1_048_576),
  },
  maxInlineBytes: {
    value: "bytes",
    help: "The longest inline command",
    fallback: "65536",
    ...wholeNumber(1024, 16 * MIB),
  },
  maxPipeline: {
    value: "count",
    help: "Commands of a connection that are worked on at once; the next wait",
    fallback: "4096",
    ...wholeNumber(1, MILLION),
  },
  maxReadAheadBytes: {
    value: "bytes",
    help: "What a client may send behind a QNOTIFY that waits; then it is hung up on",
    fallback: `${MIB}`,
    ...wholeNumber(64 * 1024, 1024 * MIB),
  },
  maxInFlightBytes: {
    value: "bytes",
    help:
      "Memory for what is received and not answered, of all clients; then those that have the most there are not read from",
    fallback: `${256 * MIB}`,
    ...wholeNumber(MIB, 1024 * 1024 * MIB),
  },
  maxClientQueues: {
    value: "count",
    help: "Queues that a connection may register",
    fallback: "1024",
    ...wholeNumber(1, MILLION),
  },
  maxRegistrations: {
    value: "count",
    help: "Queues that all connections together may register",
    fallback: "100000",
    ...wholeNumber(1, 10 * MILLION),
  },
  maxHeldEvents: {
    value: "count",
    help: "Events that all connections together may hold with QCLAIM HOLD",
    fallback: "100000",
    ...wholeNumber(1, MILLION),
  },
  maxBlockedClients: {
    value: "count",
    help: "Connections that may wait in QNOTIFY at once",
    fallback: "10000",
    ...wholeNumber(1, MILLION),
  },
  shutdownTimeoutMs: {
    value: "seconds",
    help: "How long stopping may take; then what is left is cut off",
    fallback: "10",
    ...SECONDS,
  },
};
