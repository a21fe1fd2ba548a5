/**
 * Renews the leases of events while their handlers run.
 *
 *     claimed ─────▶ QTOUCH ─────▶ QTOUCH ─────▶ … ──▶ maxLeaseMs after the claim the lease ends
 *            leaseMs/3      leaseMs/3
 *
 * Stops for an event once it is settled, or its receipt is not valid.
 *
 * @module
 */
import { Unavailable } from "../../errors.ts";
import type { Delivery, DeliveryActions } from "../../event.ts";

/** One may fail before the lease ends. */
const RENEWALS_PER_LEASE = 3;

/** On the clock of `performance.now()`. */
interface Renewal {
  /** Next QTOUCH. */
  next: number;
  /** The lease is not renewed beyond. */
  limit: number;
}

export class LeaseRenewer {
  readonly #leaseMs: number;
  readonly #maxLeaseMs: number;
  readonly #actions: DeliveryActions;
  readonly #onError: (error: unknown, event: Delivery<unknown>) => void;
  readonly #renewals = new Map<Delivery<unknown>, Renewal>(); // ordered by `next`
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param maxLeaseMs longest time to hold an event; with `leaseMs` or less, nothing is renewed
   * @param onError receives refusals of the server
   */
  constructor(
    leaseMs: number,
    maxLeaseMs: number,
    actions: DeliveryActions,
    onError: (error: unknown, event: Delivery<unknown>) => void,
  ) {
    this.#leaseMs = leaseMs;
    this.#maxLeaseMs = maxLeaseMs;
    this.#actions = actions;
    this.#onError = onError;
  }

  add(event: Delivery<unknown>): void {
    if (this.#maxLeaseMs <= this.#leaseMs) return;
    const now = performance.now();
    this.#renewals.set(event, { next: now + this.#intervalMs, limit: now + this.#maxLeaseMs });
    this.#timer ??= setTimeout(() => this.#renewDue(), this.#intervalMs);
  }

  remove(event: Delivery<unknown>): void {
    if (!this.#renewals.delete(event) || this.#renewals.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    for (const event of [...this.#renewals.keys()]) this.remove(event);
  }

  get #intervalMs(): number {
    return this.#leaseMs / RENEWALS_PER_LEASE;
  }

  #renewDue(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [event, { next, limit }] of this.#renewals) {
      if (next > now) {
        this.#timer = setTimeout(() => this.#renewDue(), next - now);
        return;
      }
      this.#renewals.delete(event);
      const leftMs = limit - now;
      if (event.settled || leftMs < 1 || leftMs <= event.remainingMs) continue;
      this.#renew(event, Math.min(this.#leaseMs, leftMs));
      this.#renewals.set(event, { next: now + this.#intervalMs, limit });
    }
  }

  async #renew(event: Delivery<unknown>, leaseMs: number): Promise<void> {
    try {
      if (!await this.#actions.touch(event, Math.round(leaseMs))) this.remove(event);
    } catch (error) {
      if (error instanceof Unavailable) return; // the next renewal may be in time
      this.remove(event);
      if (!event.settled) this.#onError(error, event);
    }
  }
}
