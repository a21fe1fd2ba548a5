/**
 * Limits how many events a queue delivers: `maxProcessing` and `rate` of its policy.
 *
 * The rate is that of a bucket. It holds what the queue could have delivered since some time and did not, but at most the
 * events of a second and at least one; a delivery moves that time on by its share of a second. Times are in memory only:
 * buckets are empty when the store is opened.
 *
 * @module
 */
import type { Clock } from "../database/clock.ts";
import type { PolicyTable } from "./policy_table.ts";

/** Sums of shares of a second are not exact. */
const ROUNDING_EVENTS = 1e-6;

export class DeliveryLimits {
  readonly #policies: PolicyTable;
  readonly #clock: Clock;
  /** Since when the bucket of a queue fills, in ms since the epoch, by the key of the queue. */
  readonly #fillingSince = new Map<string, number>();
  /** Those of the other queues. */
  readonly #openedAt: number;
  /** What this transaction replaced. */
  #replaced: [key: string, since: number | undefined][] = [];

  constructor(policies: PolicyTable, clock: Clock) {
    this.#policies = policies;
    this.#clock = clock;
    clock.tick();
    this.#openedAt = clock.now;
  }

  /**
   * The number of events that a queue may deliver now.
   *
   * @param leased its number of leased events
   */
  room(key: string, leased: number): number {
    const { maxProcessing, rate } = this.#policies.of(key);
    const leases = maxProcessing > 0 ? Math.max(0, maxProcessing - leased) : Infinity;
    return rate > 0 ? Math.min(leases, Math.floor(this.#filledMs(key) * rate / 1000 + ROUNDING_EVENTS)) : leases;
  }

  /** How long a queue must wait until its rate allows an event, in ms; 0 if it does now. */
  waitMs(key: string): number {
    const { rate } = this.#policies.of(key);
    return rate > 0 ? Math.max(0, Math.ceil(1000 / rate - this.#filledMs(key))) : 0;
  }

  /** Takes an event from the bucket of a queue that has a rate. */
  take(key: string): void {
    this.#set(key, this.#clock.now - this.#filledMs(key) + 1000 / this.#policies.of(key).rate);
  }

  /** Empties the bucket of a queue whose rate was changed. */
  empty(key: string): void {
    this.#set(key, this.#policies.of(key).rate > 0 ? this.#clock.now : undefined);
  }

  onBegin(): void {
    this.#replaced = [];
  }

  onRollback(): void {
    for (const [key, since] of this.#replaced.reverse()) {
      if (since === undefined) this.#fillingSince.delete(key);
      else this.#fillingSince.set(key, since);
    }
    this.#replaced = [];
  }

  #filledMs(key: string): number {
    const filled = this.#clock.now - (this.#fillingSince.get(key) ?? this.#openedAt);
    return Math.min(filled, Math.max(1000, 1000 / this.#policies.of(key).rate));
  }

  #set(key: string, since: number | undefined): void {
    this.#replaced.push([key, this.#fillingSince.get(key)]);
    if (since === undefined) this.#fillingSince.delete(key);
    else this.#fillingSince.set(key, since);
  }
}
