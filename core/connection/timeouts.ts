/**
 * Client timeouts: login, incomplete command, unread replies, idle.
 *
 * No connection has a timer of its own. A sweep checks each connection about once a second, in 20 parts, because checking
 * 10,000 connections at once would delay all other work.
 *
 * @module
 */
import type { Limits } from "../config/limits.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Time between two checks of a connection, in milliseconds. */
export const CHECK_INTERVAL_MS = 1000;

/** Parts of a sweep over all connections. */
const SWEEP_PARTS = 20;

/** Time between two parts, in milliseconds. */
export const SWEEP_INTERVAL_MS: number = CHECK_INTERVAL_MS / SWEEP_PARTS;

/** A client with too many unread replies must read at least this much between two checks. */
const MIN_READ_BYTES = 1024 * 1024;

/** A client that sends an incomplete command in smaller pieces trickles. */
const TRICKLE_BYTES = 64;

/** Longest time for which a trickling client is not read from, in milliseconds; the shortest is half of it. */
const TRICKLE_PAUSE_MS = 10_000;

/** Output of a connection. */
export interface Output {
  /** The socket does not accept what was written. */
  readonly blocked: boolean;
  /** Bytes that the socket has ever accepted. */
  readonly written: number;
  /** Bytes of replies that are not accepted; expensive to compute. */
  readonly pendingBytes: number;
}

/** Activity of a connection. */
export interface ConnectionActivity {
  /** Start of a required login that is missing, in milliseconds since 1970; Infinity if none is. */
  readonly unauthenticatedSince: number;
  /** Start of the last command, in milliseconds since 1970. */
  readonly lastCommandAt: number;
  /** A command is running or waits to begin. */
  readonly busy: boolean;
  /** A command is incomplete, and its rest would be read if it were there. */
  readonly partial: boolean;
  readonly replies: Output;
}

/** Timeouts of one connection. */
export class Timeouts {
  #partialSince = 0;
  #blockedSince = 0;
  #busyAt = 0;
  #trickles = false;
  #checkedAt = 0;
  #pausedUntil = Infinity;
  #written = 0;

  /**
   * Whether to stop reading until {@linkcode resumesReading} is true: the client has trickled since the last check.
   * Ten thousand such clients would keep the garbage collector busy.
   * @param bytes size of the last read
   */
  pausesReading(bytes: number): boolean {
    if (!this.#trickles || bytes >= TRICKLE_BYTES) return false;
    this.#pausedUntil = this.#checkedAt + TRICKLE_PAUSE_MS * (1 - Math.random() / 2);
    return true;
  }

  /** Whether a pause has ended; true once. */
  resumesReading(now: number): boolean {
    if (now < this.#pausedUntil) return false;
    this.#pausedUntil = Infinity;
    return true;
  }

  /** The timeout that has expired, as the end of a sentence about the client; undefined if none has. */
  expired(connection: ConnectionActivity, limits: Limits, now: number): string | undefined {
    const { unauthenticatedSince, lastCommandAt, busy, partial, replies } = connection;
    if (now - unauthenticatedSince > limits.authTimeoutMs) return "took too long to authenticate";

    if (!partial) this.#partialSince = 0;
    else if (this.#partialSince <= lastCommandAt) this.#partialSince = now;
    else if (now - this.#partialSince > limits.inputTimeoutMs) return "took too long to send a command";

    this.#checkedAt = now;
    this.#trickles = !busy && this.#partialSince > 0 && this.#partialSince < now;

    if (busy || partial) this.#busyAt = now;
    const idleMs = now - Math.max(lastCommandAt, this.#busyAt);
    if (limits.idleTimeoutMs > 0 && idleMs > limits.idleTimeoutMs) return "did nothing for too long";

    return this.#unread(replies, limits, now);
  }

  #unread(replies: Output, limits: Limits, now: number): string | undefined {
    const accepted = replies.written - this.#written;
    this.#written = replies.written;
    if (!replies.blocked) this.#blockedSince = 0;
    else if (this.#blockedSince === 0 || accepted > 0) this.#blockedSince = now;
    else if (now - this.#blockedSince > limits.outputTimeoutMs) return "did not read its replies";
    if (replies.blocked && accepted < MIN_READ_BYTES && replies.pendingBytes > limits.maxOutputBuffer) {
      return "left too much unread";
    }
  }
}

/** A connection that can time out. */
export interface TimedConnection {
  readonly addr: string;
  /** The timeout that has expired, as {@linkcode Timeouts.expired} says. @param now in milliseconds since 1970 */
  expiredTimeout(now: number): string | undefined;
  kill(): void;
}

/** Closes the connections whose timeouts have expired. */
export class TimeoutSweep {
  readonly #connections: ReadonlyMap<number, TimedConnection>;
  readonly #metrics: Metrics;
  readonly #log: Log;
  #remaining: Iterator<TimedConnection>;

  constructor(connections: ReadonlyMap<number, TimedConnection>, metrics: Metrics, log: Log) {
    this.#connections = connections;
    this.#metrics = metrics;
    this.#log = log;
    this.#remaining = connections.values();
  }

  /** Checks the next part of the connections. Logs how many were closed, by reason. */
  run(): void {
    const now = Date.now();
    const reasons = new Map<string, { count: number; first: string }>();
    for (let left = Math.ceil(this.#connections.size / SWEEP_PARTS); left > 0; left--) {
      const { value: connection, done } = this.#remaining.next();
      if (done) {
        this.#remaining = this.#connections.values();
        break;
      }
      const reason = connection.expiredTimeout(now);
      if (reason === undefined) continue;
      const closed = reasons.get(reason);
      if (closed) closed.count++;
      else reasons.set(reason, { count: 1, first: connection.addr });
      connection.kill();
    }
    for (const [reason, fields] of reasons) {
      this.#metrics.countClosed(reason, fields.count);
      this.#log.info(`Closed connections of clients that ${reason}`, fields);
    }
  }
}
