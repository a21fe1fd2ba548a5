/**
 * Limits on the resources of clients. Beyond a limit a request is refused, reading pauses, or the connection is closed;
 * other clients are not affected.
 *
 * @module
 */
import { MAX_CLAIM_BYTES } from "../../store/limits.ts";
import { bytes, count, type Option, seconds, secondsOrNever } from "./option.ts";

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
  /** Bytes of contents that a QCLAIM delivers; a single event may be larger. */
  maxClaimBytes: number;
  /** Events that all connections together hold with QCLAIM HOLD. */
  maxHeldEvents: number;
  /** Clients blocked in QNOTIFY or QCLAIM, or in a claim over HTTP. */
  maxBlockedClients: number;
  /** Time to finish running commands when the server stops. */
  shutdownTimeoutMs: number;
}

const MILLION = 1_000_000;
const MIB = 1024 * 1024;

export const LIMIT_OPTIONS: { [Name in keyof Limits]: Option<Limits[Name]> } = {
  maxClients: count(10_000, [1, MILLION], "Maximum number of connections; further ones are refused"),
  authTimeoutMs: seconds(10, "Time to log in, if a password is configured; then the connection is closed"),
  inputTimeoutMs: seconds(60, "Time for a command to arrive in full; then the connection is closed"),
  idleTimeoutMs: secondsOrNever(
    0,
    "Time without a command after which a connection is closed, 0 for never; blocked clients are not idle",
  ),
  outputTimeoutMs: seconds(
    60,
    "Time in which a client reads none of its pending replies; then the connection is closed",
  ),
  maxOutputBuffer: bytes(
    64 * MIB,
    [MIB, 1024 * MIB],
    "Maximum size of a client's unread replies; then the connection is closed",
  ),
  maxArguments: count(65_536, [16, 1_048_576], "Maximum number of arguments of a command, including its name"),
  maxInlineBytes: bytes(65_536, [1024, 16 * MIB], "Maximum size of an inline command"),
  maxPipeline: count(
    4096,
    [1, MILLION],
    "Maximum number of commands of a connection that run at once; later ones wait",
  ),
  maxReadAheadBytes: bytes(
    MIB,
    [64 * 1024, 1024 * MIB],
    "Maximum size of what a client sends while it is blocked; then the connection is closed",
  ),
  maxInFlightBytes: bytes(
    256 * MIB,
    [MIB, 1024 * 1024 * MIB],
    "Memory for received and unanswered commands of all clients; beyond it okq stops reading from the largest ones",
  ),
  maxClientQueues: count(1024, [1, MILLION], "Maximum number of queues in a QREGISTER or QCLAIM"),
  maxRegistrations: count(
    100_000,
    [1, 10 * MILLION],
    "Maximum number of queues that all connections together register",
  ),
  maxClaimBytes: bytes(
    MAX_CLAIM_BYTES,
    [1024, 1024 * MIB],
    "Maximum size of the contents that a QCLAIM delivers together; a single event may be larger",
  ),
  maxHeldEvents: count(
    100_000,
    [1, MILLION],
    "Maximum number of events that all connections together hold with QCLAIM HOLD",
  ),
  maxBlockedClients: count(
    10_000,
    [1, MILLION],
    "Maximum number of clients blocked in QNOTIFY or QCLAIM, or in a claim over HTTP",
  ),
  shutdownTimeoutMs: seconds(10, "Time to finish running commands on shutdown; then they are cut off"),
};
