/**
 * Events of a consumer. To settle one is to end its delivery: `ack`, `redo`, `nack` or `bury`.
 *
 * @module
 */
import type { Codec } from "./codec.ts";
import type { Buffer } from "./deps.ts";
import { DecodeError } from "./errors.ts";
import { decodeMeta, type Meta } from "./meta.ts";
import { unref } from "./internal/runtime.ts";
import { type Arg, checkNumber, receivedArg } from "./internal/validate.ts";

/** An event leased to a {@linkcode Consumer}. */
export interface QueuedEvent<T = Uint8Array> {
  /** Name of its queue. */
  readonly queue: string;
  /** Id; bytes that are not UTF-8 appear as U+FFFD. */
  readonly id: string;
  /** Contents, not decoded. */
  readonly contents: Uint8Array;
  /** Number of this delivery, from 1. */
  readonly attempt: number;
  /** Key whose events are delivered in order; null if it was pushed without. Bytes like those of `id`. */
  readonly group: string | null;
  /** What was pushed with it, read as lines `name: value`; empty if there are none. */
  readonly meta: Meta;
  /** What was pushed with it, not decoded; null if it was pushed without. */
  readonly metaBytes: Uint8Array | null;
  /**
   * Contents as the codec decodes them, at the first access.
   *
   * @throws {DecodeError} if it cannot
   */
  readonly value: T;
  /** Aborts when the lease ends before the event is settled: another consumer may receive it then. */
  readonly signal: AbortSignal;
  /** Whether `ack`, `redo`, `nack` or `bury` was called; later calls return the result of the first. */
  readonly settled: boolean;
  /**
   * Removes the event: it is done.
   *
   * @returns false if the lease had ended, or the event was removed
   * @throws {Unavailable} if the event may be delivered again: the outcome is unknown, or okq could not be reached
   *   before the lease ended
   */
  ack(): Promise<boolean>;
  /**
   * Gives the event back unprocessed, to be delivered next.
   *
   * @returns like `ack`
   * @throws {Unavailable} if okq could not be reached; the event is delivered again when its lease ends
   */
  redo(): Promise<boolean>;
  /**
   * Gives back an event whose processing failed, to be delivered again after a delay.
   *
   * @returns like `ack`
   * @throws {Unavailable} like `redo`
   * @throws {RangeError} if the delay is negative or not finite
   */
  nack(failure?: Failure): Promise<boolean>;
  /**
   * Moves an event that no further attempt can help to the dead queue. If that holds its id, the event comes back after
   * the queue's backoff.
   *
   * @returns like `ack`
   * @throws {Unavailable} like `redo`
   */
  bury(failure?: Pick<Failure, "reason">): Promise<boolean>;
  /**
   * Renews the lease, to end `leaseMs` from now. For loops: a handler's lease is renewed automatically.
   *
   * @returns like `ack`
   * @throws {Unavailable} if okq could not be reached; the lease may have been renewed
   */
  touch(): Promise<boolean>;
}

/** Why an event failed, and when to deliver it again. */
export interface Failure {
  /** Time until the next delivery, in milliseconds. Default: the queue's policy. */
  delayMs?: number;
  /** For operators. The server keeps the first 1,024 bytes. */
  reason?: string;
}

/** `dead`: this attempt was the last. */
export type Settlement = "ack" | "redo" | Failure & { dead?: boolean };

/** False if the lease had ended, "dead" if the event went to the dead queue. */
export type Outcome = boolean | "dead";

/** Results are false if the lease has ended. */
export interface DeliveryActions {
  settle(delivery: Delivery<unknown>, settlement: Settlement): Promise<Outcome>;
  /** By default for `leaseMs` of the consumer. */
  touch(delivery: Delivery<unknown>, leaseMs?: number): Promise<boolean>;
}

export interface ClaimedEvent {
  queue: string;
  id: Buffer;
  contents: Uint8Array;
  attempt: number;
  receipt: Arg;
  group: Buffer | null;
  meta: Uint8Array | null;
  /** On the clock of `performance.now()`. */
  leaseEnd: number;
}

export class Delivery<T> implements QueuedEvent<T> {
  readonly queue: string;
  readonly id: string;
  readonly contents: Uint8Array;
  readonly attempt: number;
  readonly group: string | null;
  readonly metaBytes: Uint8Array | null;
  readonly idArg: Arg;
  readonly receipt: Arg;
  readonly #actions: DeliveryActions;
  readonly #codec: Codec<T>;
  #leaseEnd: number;
  #meta: Meta | undefined;
  #decoded: { value: T } | undefined;
  #settled: { by: Settlement; outcome: Promise<Outcome> } | undefined;
  #abort: AbortController | undefined; // made when `signal` is first read: most programs do not
  #abortTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(event: ClaimedEvent, codec: Codec<T>, actions: DeliveryActions) {
    this.queue = event.queue;
    this.id = event.id.toString();
    this.contents = event.contents;
    this.attempt = event.attempt;
    this.receipt = event.receipt;
    this.group = event.group?.toString() ?? null;
    this.metaBytes = event.meta;
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

  get meta(): Meta {
    return this.#meta ??= decodeMeta(this.metaBytes);
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      this.#scheduleAbort();
    }
    return this.#abort.signal;
  }

  get settled(): boolean {
    return this.#settled !== undefined;
  }

  /** How it was settled, and with what result. */
  get settlement(): { by: Settlement; outcome: Promise<Outcome> } | undefined {
    return this.#settled;
  }

  /** 0 or less if the lease has ended. */
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

  bury({ reason }: Pick<Failure, "reason"> = {}): Promise<boolean> {
    return this.#settle({ reason, dead: true });
  }

  async touch(): Promise<boolean> {
    return !this.settled && await this.#actions.touch(this);
  }

  /** `leaseEnd` is on the clock of `performance.now()`. */
  setLeaseEnd(leaseEnd: number): void {
    this.#leaseEnd = leaseEnd;
    this.#scheduleAbort();
  }

  #settle(by: Settlement): Promise<boolean> {
    this.#settled ??= { by, outcome: this.#actions.settle(this, by) };
    clearTimeout(this.#abortTimer);
    return this.#settled.outcome.then((outcome) => outcome !== false);
  }

  #scheduleAbort(): void {
    clearTimeout(this.#abortTimer);
    if (!this.#abort || this.settled) return;
    const { remainingMs } = this;
    if (remainingMs <= 0) return this.#abort.abort(new DOMException("The lease has ended", "TimeoutError"));
    this.#abortTimer = unref(setTimeout(() => this.#scheduleAbort(), Math.ceil(remainingMs)));
  }
}
