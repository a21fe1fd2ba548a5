/**
 * Client timeouts: login, incomplete command, unread replies, idle.
 *
 * Connections have no timers of their own. A sweep checks each about once a second, in 20 parts, because checking
 * 10,000 connections at once would delay all other work.
 *
 * @module
 */
import type { Limits } from "../config/limits.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ReplyQueue } from "./reply_queue.ts";

/** Time between two checks of a connection, in milliseconds; less with fewer connections than parts. */
export const CHECK_INTERVAL_MS = 1000;

const SWEEP_PARTS = 20;

export const SWEEP_INTERVAL_MS: number = CHECK_INTERVAL_MS / SWEEP_PARTS;

/** What a client with too many unread replies must read in {@linkcode CHECK_INTERVAL_MS}. */
const MIN_READ_BYTES = 1024 * 1024;

/** An incomplete command that arrives in smaller reads trickles. */
const TRICKLE_BYTES = 64;

/** Longest pause of reading from a trickling client; the shortest is half of it. */
const TRICKLE_PAUSE_MS = 10_000;

type Output = Pick<ReplyQueue, "blocked" | "written" | "pendingBytes">;

export interface ConnectionActivity {
  /** Since when a required login is missing, in milliseconds since 1970; Infinity if none is. */
  readonly unauthenticatedSince: number;
  /** In milliseconds since 1970. */
  readonly lastCommandAt: number;
  /** A command is running or waits to begin. */
  readonly busy: boolean;
  /** A command is incomplete, and its rest would be read now. */
  readonly partial: boolean;
  readonly replies: Output;
}

export class Timeouts {
  #partialSince = 0;
  #blockedSince = 0;
  #busyAt = 0;
  #trickles = false;
  #checkedAt = 0;
  #pausedUntil = Infinity;
  #written = 0;
  /** The last comparison with {@linkcode MIN_READ_BYTES}. */
  #measuredAt = 0;
  #measuredWritten = 0;

  /**
   * Whether to stop reading until {@linkcode resumesReading}: the client has trickled since the last check, and ten
   * thousand such clients would keep the garbage collector busy.
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

  /** The expired timeout, as the end of a sentence about the client. */
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
    if (now - this.#measuredAt < CHECK_INTERVAL_MS - SWEEP_INTERVAL_MS) return undefined;
    const isSlow = this.#measuredAt > 0 && replies.written - this.#measuredWritten < MIN_READ_BYTES;
    this.#measuredAt = now;
    this.#measuredWritten = replies.written;
    if (replies.blocked && isSlow && replies.pendingBytes > limits.maxOutputBuffer) return "left too much unread";
  }
}

export interface TimedConnection {
  readonly addr: string;
  /** As {@linkcode Timeouts.expired}. @param now in milliseconds since 1970 */
  expiredTimeout(now: number): string | undefined;
  kill(): void;
}

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

  /** Checks the next part of the connections. */
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
