/**
 * Prolongs the leases of events whose handlers are still running.
 *
 *     taken ─────▶ QTOUCH ─────▶ QTOUCH ─────▶ … ──▶ maxLeaseMs after it was taken: the lease ends
 *           a third of the lease                     the server says that it has ended, or was settled: no more
 *
 * @module
 */
import { Unavailable } from "../errors.ts";
import type { Delivery, Settler } from "../event.ts";

/** How often in a lease. */
const BEATS = 3;

/** When an event's lease is to be prolonged. */
interface Beat {
  next: number;
  /** From when on it is not prolonged, on the clock of `performance.now()`. */
  end: number;
}

/** Prolongs leases of events that are held. */
export class LeaseRenewer {
  readonly #leaseMs: number;
  readonly #maxLeaseMs: number;
  readonly #settler: Settler;
  readonly #report: (error: unknown, event: Delivery<unknown>) => void;
  readonly #beats = new Map<Delivery<unknown>, Beat>(); // in the order of their next
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param leaseMs how long a lease lasts, in milliseconds
   * @param maxLeaseMs how long it is prolonged at the most, from when the event was taken; nothing is if that is no longer
   * @param report told of refusals
   */
  constructor(
    leaseMs: number,
    maxLeaseMs: number,
    settler: Settler,
    report: (error: unknown, event: Delivery<unknown>) => void,
  ) {
    this.#leaseMs = leaseMs;
    this.#maxLeaseMs = maxLeaseMs;
    this.#settler = settler;
    this.#report = report;
  }

  /** Holds an event that has just been taken. */
  hold(event: Delivery<unknown>): void {
    if (this.#maxLeaseMs <= this.#leaseMs) return;
    const now = performance.now();
    this.#beats.set(event, { next: now + this.#leaseMs / BEATS, end: now + this.#maxLeaseMs });
    this.#timer ??= setTimeout(() => this.#beat(), this.#leaseMs / BEATS);
  }

  /** Lets all go. */
  stop(): void {
    for (const event of [...this.#beats.keys()]) this.release(event);
  }

  /** Lets it go. */
  release(event: Delivery<unknown>): void {
    if (!this.#beats.delete(event) || this.#beats.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [event, { next, end }] of this.#beats) {
      if (next > now) {
        this.#timer = setTimeout(() => this.#beat(), next - now);
        return;
      }
      this.#beats.delete(event);
      const left = end - now;
      if (event.settled || left < 1 || left <= event.remainingMs) continue; // it ends when it does
      this.#touch(event, Math.min(this.#leaseMs, left));
      this.#beats.set(event, { next: now + this.#leaseMs / BEATS, end });
    }
  }

  async #touch(event: Delivery<unknown>, leaseMs: number): Promise<void> {
    try {
      if (!await this.#settler.touch(event, Math.round(leaseMs))) this.release(event);
    } catch (error) {
      if (error instanceof Unavailable) return; // the next beat may be in time
      this.release(event);
      if (!event.settled) this.#report(error, event);
    }
  }
}
