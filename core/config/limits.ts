/**
 * Limits on the resources that clients may use. Beyond a limit a request is refused, reading pauses, or the connection is
 * closed; other clients are not affected.
 *
 * @module
 */
import { type Option, SECONDS, SECONDS_OR_NEVER, wholeNumber } from "./option.ts";

/** Limits of a server. Times are in milliseconds. */
export interface Limits {
  /** Connections; further ones are refused. */
  maxClients: number;
  /** Time to log in, if a password is configured. */
  authTimeoutMs: number;
  /** Time from the first to the last byte of a command. */
  inputTimeoutMs: number;
  /** Time without a command, 0 for no limit. A blocked client is not idle. */
  idleTimeoutMs: number;
  /** Time in which a client reads none of its pending replies. */
  outputTimeoutMs: number;
  /** Bytes of unread replies per connection. */
  maxOutputBuffer: number;
  /** Arguments per command, including its name. */
  maxArguments: number;
  /** Bytes of an inline command. */
  maxInlineBytes: number;
  /** Commands per connection that run at once; later ones wait. */
  maxPipeline: number;
  /** Bytes that a client may send while it is blocked. */
  maxReadAheadBytes: number;
  /** Bytes of received and unanswered commands of all connections; beyond it the largest ones are not read from. */
  maxInFlightBytes: number;
  /** Queues that a connection may register. */
  maxClientQueues: number;
  /** Registrations of all connections together. */
  maxRegistrations: number;
  /** Events that all connections together hold with QCLAIM HOLD. */
  maxHeldEvents: number;
  /** Connections blocked in QNOTIFY or QCLAIM. */
  maxBlockedClients: number;
  /** Time to finish running commands when the server stops. */
  shutdownTimeoutMs: number;
}

const MILLION = 1_000_000;
const MIB = 1024 * 1024;

/** The options of the limits, by setting. */
export const LIMIT_OPTIONS: { [Name in keyof Limits]: Option<Limits[Name]> } = {
  maxClients: {
    placeholder: "count",
    help: "Maximum number of connections; further ones are refused",
    fallback: "10000",
    ...wholeNumber(1, MILLION),
  },
  authTimeoutMs: {
    placeholder: "seconds",
    help: "Time to log in, if a password is configured; then the connection is closed",
    fallback: "10",
    ...SECONDS,
  },
  inputTimeoutMs: {
    placeholder: "seconds",
    help: "Time for a command to arrive in full; then the connection is closed",
    fallback: "60",
    ...SECONDS,
  },
  idleTimeoutMs: {
    placeholder: "seconds",
    help: "Time without a command after which a connection is closed, 0 for never; blocked clients are not idle",
    fallback: "0",
    ...SECONDS_OR_NEVER,
  },
  outputTimeoutMs: {
    placeholder: "seconds",
    help: "Time in which a client reads none of its pending replies; then the connection is closed",
    fallback: "60",
    ...SECONDS,
  },
  maxOutputBuffer: {
    placeholder: "bytes",
    help: "Maximum size of a client's unread replies; then the connection is closed",
    fallback: `${64 * MIB}`,
    ...wholeNumber(MIB, 1024 * MIB),
  },
  maxArguments: {
    placeholder: "count",
    help: "Maximum number of arguments of a command, including its name",
    fallback: "65536",
    ...wholeNumber(16, 1_048_576),
  },
  maxInlineBytes: {
    placeholder: "bytes",
    help: "Maximum size of an inline command",
    fallback: "65536",
    ...wholeNumber(1024, 16 * MIB),
  },
  maxPipeline: {
    placeholder: "count",
    help: "Maximum number of commands of a connection that run at once; later ones wait",
    fallback: "4096",
    ...wholeNumber(1, MILLION),
  },
  maxReadAheadBytes: {
    placeholder: "bytes",
    help: "Maximum size of what a client sends while it is blocked; then the connection is closed",
    fallback: `${MIB}`,
    ...wholeNumber(64 * 1024, 1024 * MIB),
  },
  maxInFlightBytes: {
    placeholder: "bytes",
    help:
      "Memory for received and unanswered commands of all clients; beyond it okq stops reading from the largest ones",
    fallback: `${256 * MIB}`,
    ...wholeNumber(MIB, 1024 * 1024 * MIB),
  },
  maxClientQueues: {
    placeholder: "count",
    help: "Maximum number of queues in a QREGISTER or QCLAIM",
    fallback: "1024",
    ...wholeNumber(1, MILLION),
  },
  maxRegistrations: {
    placeholder: "count",
    help: "Maximum number of queues that all connections together register",
    fallback: "100000",
    ...wholeNumber(1, 10 * MILLION),
  },
  maxHeldEvents: {
    placeholder: "count",
    help: "Maximum number of events that all connections together hold with QCLAIM HOLD",
    fallback: "100000",
    ...wholeNumber(1, MILLION),
  },
  maxBlockedClients: {
    placeholder: "count",
    help: "Maximum number of connections blocked in QNOTIFY or QCLAIM",
    fallback: "10000",
    ...wholeNumber(1, MILLION),
  },
  shutdownTimeoutMs: {
    placeholder: "seconds",
    help: "Time to finish running commands on shutdown; then they are cut off",
    fallback: "10",
    ...SECONDS,
  },
};
