/**
 * When a client is hung up on because it takes too long: to say who it is, to send a command, to read its replies, to do
 * anything at all. Nothing is timed while commands run: each connection is looked at about once a second.
 *
 * @module
 */
import type { Limits } from "../config/limits.ts";

/** Pause between two looks at a connection, in milliseconds. */
export const CHECK_INTERVAL_MS = 1000;

/** A client that has too much to read must read so many bytes from one look to the next. */
const SLOW_BYTES = 1024 * 1024;

/** A client that sends less than this at a time trickles. */
const TRICKLE_BYTES = 64;

/** How long it is left alone then at the most, in milliseconds; half of that at the least, so that not all come back at once. */
const REST_MS = 10_000;

/** What is written to a client. */
export interface Output {
  /** The client does not take what was written to it, for now. */
  readonly blocked: boolean;
  /** How many bytes it has ever taken. */
  readonly written: number;
  /** How many bytes wait for it; costly to ask. */
  readonly pendingBytes: number;
}

/** What is looked at. */
export interface ConnectionActivity {
  /** Since when it has not been known who the client is, in milliseconds since 1970; Infinity if it is, or need not be. */
  readonly unauthenticatedSince: number;
  /** When its last command began, in milliseconds since 1970. */
  readonly lastCommandAt: number;
  /** A command is under way or waits. */
  readonly busy: boolean;
  /** A command has come in part, and the rest could be read if it were there. */
  readonly partial: boolean;
  /** What is written to the client. */
  readonly replies: Output;
}

/** The patience with one connection. */
export class Timeouts {
  #partialSince = 0;
  #stuckSince = 0;
  #busyAt = 0;
  #trickles = false;
  #checkedAt = 0;
  #pausedUntil = Infinity;
  #written = 0;

  /**
   * Whether a client that has just sent so many bytes is left alone until {@linkcode resumesReading} says so: it has been sending
   * a command for a while, and so little at a time that ten thousand like it would keep the garbage collector busy.
   */
  pausesReading(bytes: number): boolean {
    if (!this.#trickles || bytes >= TRICKLE_BYTES) return false;
    this.#pausedUntil = this.#checkedAt + REST_MS * (1 - Math.random() / 2);
    return true;
  }

  /** Whether a rest is over; true once. */
  resumesReading(now: number): boolean {
    if (now < this.#pausedUntil) return false;
    this.#pausedUntil = Infinity;
    return true;
  }

  /** Why the client is to be hung up on now, as the end of a sentence; or nothing. */
  reason(connection: ConnectionActivity, limits: Limits, now: number): string | undefined {
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
    const taken = replies.written - this.#written;
    this.#written = replies.written;
    if (!replies.blocked) this.#stuckSince = 0;
    else if (this.#stuckSince === 0 || taken > 0) this.#stuckSince = now;
    else if (now - this.#stuckSince > limits.outputTimeoutMs) return "did not read its replies";
    if (replies.blocked && taken < SLOW_BYTES && replies.pendingBytes > limits.maxOutputBuffer) {
      return "left too much unread";
    }
  }
}
