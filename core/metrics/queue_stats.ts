/**
 * The figures of all queues, for those who look at them again and again: metrics, INFO, a page.
 *
 * To ask a store for the figures of 10,000 queues each second would take a good part of what it can do. So only so many
 * queues have a place of their own, and are asked for at each look; of all others some are, in turn. Places belong to the
 * queues that hold the most events. A queue without events keeps its place for as long as no other needs it.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { QueueCounts } from "../../store/counters.ts";
import type { QueueStatus, Store } from "../../store/store.ts";
import { LruMap } from "../util/lru_map.ts";
import { QueueHistory } from "./queue_history.ts";

/** How long a look is good for, in milliseconds. */
const FRESH_MS = 900;
/** Queues without a place that are asked for at each look, besides those that are new. */
const OTHERS_AT_ONCE = 250;
/** Queues that are asked for in one turn, so that nobody waits long behind them. */
const AT_ONCE = 500;
/** Of more queues than this the names are asked for only now and then. */
const MANY = 2_000;
/** How long the names of so many are good for, in milliseconds. */
const NAMES_FRESH_MS = 5_000;
/** A queue gives its place up to one with so many times its events. */
const DISPLACES = 2;
/** How many queues are remembered with what was counted of them. */
const MOST_COUNTED = 20_000;

/** All that has no place of its own, taken together. */
export interface Others extends QueueCounts {
  /** How many queues they are. */
  queues: number;
  /** As of a queue. */
  ready: number;
  /** As of a queue. */
  processing: number;
  /** As of a queue. */
  delayed: number;
  /** As of a queue. */
  consumers: number;
  /** Of the one where it is the largest. */
  oldestMs: number;
}

/** What is counted of a queue. */
export const COUNTERS = ["pushed", "acked", "redelivered", "dead", "expired"] as const;

/** The figures of the queues of a store. */
export class QueueStats {
  /** How they have been in the last minutes. */
  readonly history: QueueHistory = new QueueHistory();
  readonly #store: Store;
  readonly #maxTracked: number;
  /** What is known of queues, that which was asked for first comes first. */
  #known = new Map<string, QueueStatus>();
  /** Those that have a place. */
  #tracked = new Set<string>();
  /** What was counted of a queue when it was asked for last. */
  #counted = new LruMap<string, QueueCounts>(MOST_COUNTED);
  /** What was counted while queues had no place. */
  #otherCounts: QueueCounts = { pushed: 0, acked: 0, redelivered: 0, dead: 0, expired: 0 };
  /** The names of all active queues, and of those that have a place. */
  #names = new Map<string, Uint8Array>();
  #namedAt = -Infinity;
  /** Those that were active then. */
  #active = new Set<string>();
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;

  /** @param places how many queues have figures of their own */
  constructor(store: Store, places: number) {
    this.#store = store;
    this.#maxTracked = places;
  }

  /**
   * Looks at the store, if the last look was not just now.
   * @param freshMs how long a look is good for, in milliseconds
   * @throws {StoreUnavailable} if it does not answer
   */
  async refresh(freshMs = FRESH_MS): Promise<void> {
    if (!this.#refreshing && performance.now() - this.#refreshedAt < freshMs) return;
    this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = undefined);
    await this.#refreshing;
  }

  /** The queues that have a place. */
  get tracked(): QueueStatus[] {
    return [...this.#tracked].map((key) => this.#known.get(key)!);
  }

  /** All active queues, with figures that may be some looks old of those without a place. */
  get all(): QueueStatus[] {
    return [...this.#active].flatMap((key) => this.#known.get(key) ?? []);
  }

  /** All that have none, with figures that may be some looks old. */
  get others(): Others {
    const others = { queues: 0, ready: 0, processing: 0, delayed: 0, consumers: 0, oldestMs: 0, ...this.#otherCounts };
    for (const [key, status] of this.#known) {
      if (this.#tracked.has(key)) continue;
      others.queues++;
      others.ready += status.ready;
      others.processing += status.processing;
      others.delayed += status.delayed;
      others.consumers += status.consumers;
      others.oldestMs = Math.max(others.oldestMs, status.oldestMs);
    }
    return others;
  }

  async #refresh(): Promise<void> {
    await this.#refreshNames();
    const others = [...this.#names.keys()].filter((key) => !this.#tracked.has(key));
    const fresh = others.filter((key) => !this.#known.has(key));
    const old = fresh.length < OTHERS_AT_ONCE ? this.#known.keys().filter((key) => !this.#tracked.has(key)) : [];
    const asked = [...this.#tracked, ...fresh, ...[...old].slice(0, OTHERS_AT_ONCE)];
    const found: QueueStatus[] = [];
    for (let from = 0; from < asked.length; from += AT_ONCE) {
      const part = asked.slice(from, from + AT_ONCE);
      found.push(...await Promise.all(part.map((key) => this.#store.status(this.#names.get(key)!))));
    }
    for (const [i, status] of found.entries()) {
      this.#known.delete(asked[i]); // to be the newest
      this.#known.set(asked[i], status);
      this.history.add(status);
    }
    this.#chooseTracked(asked);
    for (const [i, status] of found.entries()) this.#count(asked[i], status);
    this.#refreshedAt = performance.now();
  }

  async #refreshNames(): Promise<void> {
    const now = performance.now();
    if (this.#names.size > MANY && now - this.#namedAt < NAMES_FRESH_MS) return;
    const names = new Map((await this.#store.active()).map((queue) => [keyOf(queue), queue]));
    this.#active = new Set(names.keys());
    for (const [key, { queue }] of this.#known) {
      if (names.has(key)) continue;
      if (this.#tracked.has(key)) names.set(key, queue);
      else this.#known.delete(key);
    }
    this.#names = names;
    this.#namedAt = now;
  }

  /** Takes note of what was counted since a queue was asked for last. */
  #count(key: string, { pushed, acked, redelivered, dead, expired }: QueueStatus): void {
    const counts: QueueCounts = { pushed, acked, redelivered, dead, expired };
    const before = this.#counted.get(key);
    if (!this.#tracked.has(key)) {
      for (const name of COUNTERS) this.#otherCounts[name] += Math.max(0, counts[name] - (before?.[name] ?? 0));
    }
    this.#counted.set(key, counts);
  }

  /** Gives places to those that were asked for and have more events than one that has a place. */
  #chooseTracked(asked: string[]): void {
    const total = (key: string) => this.#known.get(key)!.total;
    const waiting = asked.filter((key) => !this.#tracked.has(key)).sort((a, b) => total(b) - total(a));
    const weakest = [...this.#tracked].sort((a, b) => total(a) - total(b));
    for (const key of waiting) {
      if (this.#tracked.size >= this.#maxTracked) {
        const [weak] = weakest;
        if (weak === undefined || total(key) <= DISPLACES * total(weak)) return;
        weakest.shift();
        this.#tracked.delete(weak);
      }
      this.#tracked.add(key);
    }
  }
}
