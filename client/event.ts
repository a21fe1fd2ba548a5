/**
 * An event in a consumer's hands.
 *
 * @module
 */
import type { Buffer } from "../deps.ts";
import type { Codec } from "./codec.ts";
import type { Arg } from "./connection.ts";
import { DecodeError } from "./errors.ts";
import { argFor } from "./names.ts";

/** An event that a {@linkcode Consumer} has taken from a queue, leased to it for a time. */
export interface QueuedEvent<T = Uint8Array> {
  /** The queue. */
  readonly queue: string;
  /** The id that its producer gave it; bytes that are not UTF-8 show as U+FFFD. */
  readonly id: string;
  /** The contents as they are. */
  readonly contents: Uint8Array;
  /**
   * The contents as the codec sees them, decoded when first asked for.
   *
   * @throws {DecodeError}
   */
  readonly value: T;
  /** Aborted when the lease ends: from then on another consumer may get the event. */
  readonly signal: AbortSignal;
  /** Whether it was acknowledged or given back, or that is under way. */
  readonly settled: boolean;
  /**
   * Says that the event is done. After a first call of `ack` or `redo` further ones change nothing.
   *
   * @returns whether the queue held it until now; once this resolves it never comes again
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
}

/** Who settles events. */
export interface Settler {
  /** Acknowledges the event, or gives it back. */
  settle(delivery: Delivery<unknown>, redo: boolean): Promise<boolean>;
}

/** The one kind of {@linkcode QueuedEvent}. */
export class Delivery<T> implements QueuedEvent<T> {
  readonly id: string;
  /** The id as it is sent. */
  readonly idArg: Arg;
  readonly #settler: Settler;
  readonly #codec: Codec<T>;
  #decoded: { value: T } | undefined;
  #outcome: Promise<boolean> | undefined;
  #signal: AbortSignal | undefined;

  /**
   * @param until when the lease ends, on the clock of `performance.now()`: on the safe side, for the lease began after it
   *   was asked for
   */
  constructor(
    readonly queue: string,
    id: Buffer,
    readonly contents: Uint8Array,
    readonly until: number,
    codec: Codec<T>,
    settler: Settler,
  ) {
    this.id = id.toString();
    this.idArg = argFor(id, this.id);
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
    const left = this.remainingMs;
    this.#signal ??= left > 0 ? AbortSignal.timeout(Math.ceil(left)) : AbortSignal.abort(leaseEnded());
    return this.#signal;
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** How much of the lease is left, in milliseconds; 0 or less if it is over. */
  get remainingMs(): number {
    return this.until - performance.now();
  }

  ack(): Promise<boolean> {
    return this.#outcome ??= this.#settler.settle(this, false);
  }

  redo(): Promise<boolean> {
    return this.#outcome ??= this.#settler.settle(this, true);
  }
}

/** The reason that `AbortSignal.timeout` gives. */
function leaseEnded(): DOMException {
  return new DOMException("The lease has ended", "TimeoutError");
}
