/**
 * An event in a consumer's hands.
 *
 * @module
 */
import type { Buffer } from "./deps.ts";
import { inBounds } from "./internal/bounds.ts";
import type { Codec } from "./codec.ts";
import type { Arg } from "./internal/connection.ts";
import { DecodeError } from "./errors.ts";
import { argFor } from "./internal/validate.ts";

/** An event that a {@linkcode Consumer} has taken from a queue, leased to it for a time. */
export interface QueuedEvent<T = Uint8Array> {
  /** The queue. */
  readonly queue: string;
  /** The id that its producer gave it; bytes that are not UTF-8 show as U+FFFD. */
  readonly id: string;
  /** The contents as they are. */
  readonly contents: Uint8Array;
  /** Which delivery of the event this is, from 1. */
  readonly attempt: number;
  /**
   * The contents as the codec sees them, decoded when first asked for.
   *
   * @throws {DecodeError}
   */
  readonly value: T;
  /** Aborted when the lease ends before the event is settled: from then on another consumer may get the event. */
  readonly signal: AbortSignal;
  /** Whether it was acknowledged or given back, or that is under way. */
  readonly settled: boolean;
  /**
   * Says that the event is done. After a first call of `ack`, `redo` or `nack` further ones change nothing.
   *
   * @returns true once it never comes again; false if it was not this consumer's any more: the lease had ended, or it was
   *   removed
   * @throws {Unavailable} if it may come again: the outcome is unknown, or okq could not be reached before the lease ended
   */
  ack(): Promise<boolean>;
  /**
   * Gives the event back, to be the next one popped.
   *
   * @returns whether it is back because of this call; not if the lease has ended, for then it was back before
   * @throws {Unavailable} if it comes back when its lease ends
   */
  redo(): Promise<boolean>;
  /**
   * Says that processing the event failed, and gives it back.
   *
   * @returns as `redo`
   * @throws {Unavailable} as `redo`
   * @throws {RangeError} if the delay is negative or no number
   */
  nack(failure?: Failure): Promise<boolean>;
  /**
   * Has the lease last `leaseMs` from now. A handler's events are prolonged by themselves; in a loop this is how.
   *
   * @returns false if the event is not this consumer's any more
   * @throws {Unavailable} if that could not be said now; the lease ends when it would have, or was prolonged
   */
  touch(): Promise<boolean>;
}

/** How the processing of an event failed. */
export interface Failure {
  /** When it may come again, in milliseconds from now; by default the queue decides. */
  delayMs?: number;
  /** Why, for people; the server keeps the first 1,024 bytes. */
  reason?: string;
}

/** What is said of an event: that it is done, that it goes back, or how it failed. */
export type Verdict = "done" | "redo" | Failure;

/** Who settles events. */
export interface Settler {
  /** Settles it. */
  settle(delivery: Delivery<unknown>, verdict: Verdict): Promise<boolean>;
  /** Has its lease last so many milliseconds from now. */
  touch(delivery: Delivery<unknown>, leaseMs?: number): Promise<boolean>;
}

/** What a server delivers. */
export interface Delivered {
  /** From which queue. */
  queue: string;
  /** The event's id. */
  id: Buffer;
  /** What it holds. */
  contents: Uint8Array;
  /** When the lease ends, on the clock of `performance.now()`. */
  until: number;
  /** Which delivery of the event it is, from 1. */
  attempt: number;
  /** What names this very delivery. */
  receipt: Arg;
}

/** The one kind of {@linkcode QueuedEvent}. */
export class Delivery<T> implements QueuedEvent<T> {
  readonly queue: string;
  readonly id: string;
  readonly contents: Uint8Array;
  readonly attempt: number;
  /** The id as it is sent. */
  readonly idArg: Arg;
  /** What names this very delivery. */
  readonly receipt: Arg;
  readonly #settler: Settler;
  readonly #codec: Codec<T>;
  #until: number;
  #decoded: { value: T } | undefined;
  #outcome: Promise<boolean> | undefined;
  #over: AbortController | undefined;
  #overTimer: ReturnType<typeof setTimeout> | undefined;

  /** Of an event that was taken. */
  constructor(delivered: Delivered, codec: Codec<T>, settler: Settler) {
    this.queue = delivered.queue;
    this.id = delivered.id.toString();
    this.contents = delivered.contents;
    this.attempt = delivered.attempt;
    this.receipt = delivered.receipt;
    this.idArg = argFor(delivered.id, this.id);
    this.#until = delivered.until;
    this.#codec = codec;
    this.#settler = settler;
  }

  get value(): T {
    try {
      this.#decoded ??= { value: this.#codec.decode(this.contents) };
    } catch (error) {
      throw new DecodeError(this.queue, this.id, error);
    }
    return this.#decoded.value;
  }

  get signal(): AbortSignal {
    if (!this.#over) {
      this.#over = new AbortController();
      this.#watch();
    }
    return this.#over.signal;
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** How much of the lease is left, in milliseconds; 0 or less if it is over. */
  get remainingMs(): number {
    return this.#until - performance.now();
  }

  ack(): Promise<boolean> {
    return this.#settle("done");
  }

  redo(): Promise<boolean> {
    return this.#settle("redo");
  }

  nack({ delayMs, reason }: Failure = {}): Promise<boolean> {
    if (delayMs !== undefined) inBounds("delayMs", delayMs, 0);
    return this.#settle({ delayMs, reason });
  }

  async touch(): Promise<boolean> {
    return !this.settled && await this.#settler.touch(this);
  }

  /** The lease ends at another time, on the clock of `performance.now()`. */
  leasedUntil(until: number): void {
    this.#until = until;
    this.#watch();
  }

  #settle(verdict: Verdict): Promise<boolean> {
    if (this.#outcome) return this.#outcome;
    this.#outcome = this.#settler.settle(this, verdict);
    clearTimeout(this.#overTimer);
    return this.#outcome;
  }

  /** Has the signal aborted when the lease ends. */
  #watch(): void {
    clearTimeout(this.#overTimer);
    if (!this.#over || this.settled) return;
    const left = this.remainingMs;
    if (left <= 0) return this.#over.abort(new DOMException("The lease has ended", "TimeoutError"));
    this.#overTimer = setTimeout(() => this.#watch(), Math.ceil(left));
    Deno.unrefTimer(this.#overTimer);
  }
}
