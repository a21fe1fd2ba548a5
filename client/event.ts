/**
 * The events that a consumer receives.
 *
 * To settle an event is to end its delivery: by `ack`, `redo` or `nack`.
 *
 * @module
 */
import type { Codec } from "./codec.ts";
import type { Buffer } from "./deps.ts";
import { DecodeError } from "./errors.ts";
import { type Arg, checkNumber, receivedArg } from "./internal/validate.ts";

/** An event that is leased to a {@linkcode Consumer}. */
export interface QueuedEvent<T = Uint8Array> {
  /** Name of its queue. */
  readonly queue: string;
  /** The id that its producer gave it. Bytes that are not UTF-8 appear as U+FFFD. */
  readonly id: string;
  /** Contents as bytes. */
  readonly contents: Uint8Array;
  /** Number of this delivery of the event, from 1. */
  readonly attempt: number;
  /**
   * Contents as the codec decodes them, at the first access.
   *
   * @throws {DecodeError} if the codec cannot decode them
   */
  readonly value: T;
  /** Aborts when the lease ends before the event is settled: another consumer may receive the event from then on. */
  readonly signal: AbortSignal;
  /**
   * Whether `ack`, `redo` or `nack` was called. Later calls of them have no effect and return the first call's result.
   */
  readonly settled: boolean;
  /**
   * Removes the event: it is done.
   *
   * @returns false if the event was not this consumer's any more, because its lease had ended or it was removed
   * @throws {Unavailable} if the event may be delivered again: the outcome is unknown, or okq could not be reached
   *   before the lease ended
   */
  ack(): Promise<boolean>;
  /**
   * Gives the event back unprocessed. It is the next one to be delivered.
   *
   * @returns false if the event was not this consumer's any more
   * @throws {Unavailable} if okq could not be reached; the event is delivered again when its lease ends
   */
  redo(): Promise<boolean>;
  /**
   * Gives the event back because processing it failed. It is delivered again after a delay.
   *
   * @returns false if the event was not this consumer's any more
   * @throws {Unavailable} if okq could not be reached; the event is delivered again when its lease ends
   * @throws {RangeError} if the delay is negative or not finite
   */
  nack(failure?: Failure): Promise<boolean>;
  /**
   * Renews the lease, to end `leaseMs` from now. For loops: while a handler runs, its event's lease is renewed
   * automatically.
   *
   * @returns false if the event is not this consumer's any more
   * @throws {Unavailable} if okq could not be reached; the lease may have been renewed or not
   */
  touch(): Promise<boolean>;
}

/** Why an event failed, and when to deliver it again. */
export interface Failure {
  /** Time until the event is delivered again, in milliseconds. Default: as the queue's policy says. */
  delayMs?: number;
  /** Reason, for operators. The server keeps the first 1,024 bytes. */
  reason?: string;
}

/** How a delivery ends. */
export type Settlement = "ack" | "redo" | Failure;

/** What can be done with a delivery, by sending commands to the server. */
export interface DeliveryActions {
  /** Ends the delivery. False if the lease has ended. */
  settle(delivery: Delivery<unknown>, settlement: Settlement): Promise<boolean>;
  /** Renews the lease, by default for `leaseMs` of the consumer. False if the lease has ended. */
  touch(delivery: Delivery<unknown>, leaseMs?: number): Promise<boolean>;
}

/** An event as it was claimed. */
export interface ClaimedEvent {
  /** Name of its queue. */
  queue: string;
  /** Id, as bytes. */
  id: Buffer;
  /** Contents as bytes. */
  contents: Uint8Array;
  /** Number of this delivery, from 1. */
  attempt: number;
  /** Identifies this delivery. */
  receipt: Arg;
  /** End of the lease, on the clock of `performance.now()`. */
  leaseEnd: number;
}

/** The implementation of {@linkcode QueuedEvent}. */
export class Delivery<T> implements QueuedEvent<T> {
  readonly queue: string;
  readonly id: string;
  readonly contents: Uint8Array;
  readonly attempt: number;
  /** The id as an argument of commands. */
  readonly idArg: Arg;
  /** Identifies this delivery. */
  readonly receipt: Arg;
  readonly #actions: DeliveryActions;
  readonly #codec: Codec<T>;
  #leaseEnd: number;
  #decoded: { value: T } | undefined;
  #outcome: Promise<boolean> | undefined;
  #abort: AbortController | undefined; // made when `signal` is first read: most programs do not
  #abortTimer: ReturnType<typeof setTimeout> | undefined;

  /** For an event that was just claimed. */
  constructor(event: ClaimedEvent, codec: Codec<T>, actions: DeliveryActions) {
    this.queue = event.queue;
    this.id = event.id.toString();
    this.contents = event.contents;
    this.attempt = event.attempt;
    this.receipt = event.receipt;
    this.idArg = receivedArg(event.id, this.id);
    this.#leaseEnd = event.leaseEnd;
    this.#codec = codec;
    this.#actions = actions;
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
    if (!this.#abort) {
      this.#abort = new AbortController();
      this.#scheduleAbort();
    }
    return this.#abort.signal;
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** Rest of the lease, in milliseconds; 0 or less if it has ended. */
  get remainingMs(): number {
    return this.#leaseEnd - performance.now();
  }

  ack(): Promise<boolean> {
    return this.#settle("ack");
  }

  redo(): Promise<boolean> {
    return this.#settle("redo");
  }

  nack({ delayMs, reason }: Failure = {}): Promise<boolean> {
    if (delayMs !== undefined) checkNumber("delayMs", delayMs, 0);
    return this.#settle({ delayMs, reason });
  }

  async touch(): Promise<boolean> {
    return !this.settled && await this.#actions.touch(this);
  }

  /** Sets the end of the lease, on the clock of `performance.now()`. */
  setLeaseEnd(leaseEnd: number): void {
    this.#leaseEnd = leaseEnd;
    this.#scheduleAbort();
  }

  #settle(settlement: Settlement): Promise<boolean> {
    if (this.#outcome) return this.#outcome;
    this.#outcome = this.#actions.settle(this, settlement);
    clearTimeout(this.#abortTimer);
    return this.#outcome;
  }

  /** Aborts the signal when the lease ends. */
  #scheduleAbort(): void {
    clearTimeout(this.#abortTimer);
    if (!this.#abort || this.settled) return;
    const { remainingMs } = this;
    if (remainingMs <= 0) return this.#abort.abort(new DOMException("The lease has ended", "TimeoutError"));
    this.#abortTimer = setTimeout(() => this.#scheduleAbort(), Math.ceil(remainingMs));
    Deno.unrefTimer(this.#abortTimer);
  }
}
