/**
 * Samples the status of all queues for metrics, INFO and the page.
 *
 * Reading the status of 10,000 queues every second would take a good part of the store's capacity. So a limited number
 * of queues, those with the most events, is tracked: read on every refresh and reported one by one. The others are read
 * in batches, in turn, and reported as a sum. An empty queue stays tracked until another needs its slot.
 *
 * With 100,000 queues a refresh is the work of half a second. It is done in slices, between which others are served.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { type QueueCounts, zeroCounts } from "../../store/counters.ts";
import type { QueueStatus, Store } from "../../store/store.ts";
import { LruMap } from "../util/lru_map.ts";
import { giveWay, mergeSorted, slicesOf } from "../util/slices.ts";
import { QueueHistory } from "./queue_history.ts";

/** Age up to which a refresh is reused. */
const FRESH_MS = 900;
/** Untracked queues read per refresh, besides new ones. */
const UNTRACKED_BATCH = 250;
/** Statuses read in one tick, so that commands do not wait long behind them. */
const MAX_CONCURRENT = 500;
/** With more queues, their names are not read on every refresh. */
const MANY_QUEUES = 2_000;
const NAMES_FRESH_MS = 5_000;
/** Queues that are no longer active but may have counts in the store, which keeps those of 10,000 queues. */
const MAX_INACTIVE = 20_000;
/** A queue with more than this many times the events of a tracked one takes its slot. */
const DISPLACE_FACTOR = 2;

/** Serves others, if that is due. */
type Pause = () => Promise<void>;

export interface UntrackedQueues extends QueueCounts {
  queues: number;
  ready: number;
  processing: number;
  delayed: number;
  blocked: number;
  consumers: number;
  /** The largest of all queues. */
  oldestMs: number;
}

/** The counters of a queue, which only grow. */
export const COUNTERS = ["pushed", "acked", "redelivered", "dead", "expired"] as const;

export class QueueStats {
  readonly history: QueueHistory = new QueueHistory();
  readonly #store: Store;
  readonly #maxTracked: number;
  /** Last statuses, least recently read first. */
  #known = new Map<string, QueueStatus>();
  #tracked = new Set<string>();
  /** Counts of queues when they were last read, since they are no longer active. */
  readonly #inactive = new LruMap<string, QueueCounts>(MAX_INACTIVE);
  /** Counts of queues while they were tracked. */
  readonly #trackedCounts: QueueCounts = zeroCounts();
  /** The sum of the untracked queues; its counts are the rest of all counts. */
  #untracked: UntrackedQueues = { ...noQueues(), ...zeroCounts() };
  /** Of all active and tracked queues. */
  #names = new Map<string, Uint8Array>();
  #namesReadAt = -Infinity;
  /** Queues that were active then. */
  #active = new Set<string>();
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;

  /** @param maxTracked queues reported one by one */
  constructor(store: Store, maxTracked: number) {
    this.#store = store;
    this.#maxTracked = maxTracked;
  }

  /**
   * Reads the store, unless the last refresh is recent or one is running.
   * @throws {StoreUnavailable}
   */
  async refresh(freshMs = FRESH_MS): Promise<void> {
    if (!this.#refreshing && performance.now() - this.#refreshedAt < freshMs) return;
    this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = undefined);
    await this.#refreshing;
  }

  get tracked(): QueueStatus[] {
    return [...this.#tracked].map((key) => this.#known.get(key)!);
  }

  /** All active queues by their keys; untracked ones may be some refreshes old. */
  *all(): Generator<[key: string, status: QueueStatus]> {
    for (const key of this.#active) {
      const status = this.#known.get(key);
      if (status) yield [key, status];
    }
  }

  /** The name of an active queue by its key. */
  nameOf(key: string): Uint8Array | undefined {
    return this.#active.has(key) ? this.#names.get(key) : undefined;
  }

  /** The sum of the untracked queues, which may be some refreshes old. */
  get untracked(): UntrackedQueues {
    return { ...this.#untracked };
  }

  async #refresh(): Promise<void> {
    const pause = giveWay();
    await this.#refreshNames(pause);
    const keys = await this.#keysToRead(pause);
    const counts = this.#store.counts(); // before the statuses, so that none of the tracked is taken for another
    const statuses: QueueStatus[] = []; // none is taken over unless all were read
    for (let from = 0; from < keys.length; from += MAX_CONCURRENT) {
      const part = keys.slice(from, from + MAX_CONCURRENT);
      statuses.push(...await Promise.all(part.map((key) => this.#store.status(this.#names.get(key)!))));
      await pause();
    }
    const previous = new Map<string, QueueCounts>();
    for (const slice of slicesOf(statuses.entries())) {
      for (const [i, status] of slice) {
        const last = this.#known.get(keys[i]) ?? this.#inactive.get(keys[i]);
        if (last) previous.set(keys[i], last);
        this.#known.delete(keys[i]); // moves the entry to the end
        this.#known.set(keys[i], status);
        this.history.add(status);
      }
      await pause();
    }
    await this.#chooseTracked(keys, pause);
    const sums = await this.#sumUntracked(pause);
    this.#count(counts, previous);
    Object.assign(this.#untracked, sums);
    this.#refreshedAt = performance.now();
  }

  async #refreshNames(pause: Pause): Promise<void> {
    const now = performance.now();
    if (this.#names.size > MANY_QUEUES && now - this.#namesReadAt < NAMES_FRESH_MS) return;
    const names = new Map<string, Uint8Array>();
    for (const slice of slicesOf(await this.#store.active())) {
      for (const queue of slice) names.set(keyOf(queue), queue);
      await pause();
    }
    const active = new Set<string>();
    for (const slice of slicesOf(names.keys())) {
      for (const key of slice) active.add(key);
      await pause();
    }
    this.#active = active;
    for (const slice of slicesOf(this.#known)) {
      for (const [key, { queue, pushed, acked, redelivered, dead, expired }] of slice) {
        if (names.has(key)) continue;
        if (this.#tracked.has(key)) names.set(key, queue);
        else {
          this.#known.delete(key);
          this.#inactive.set(key, { pushed, acked, redelivered, dead, expired });
        }
      }
      await pause();
    }
    this.#names = names;
    this.#namesReadAt = now;
  }

  /** The tracked queues, the new ones, and the least recently read untracked ones. */
  async #keysToRead(pause: Pause): Promise<string[]> {
    const isUntracked = (key: string) => !this.#tracked.has(key);
    const keys = [...this.#tracked];
    for (const slice of slicesOf(this.#names.keys())) {
      for (const key of slice) if (isUntracked(key) && !this.#known.has(key)) keys.push(key);
      await pause();
    }
    if (keys.length - this.#tracked.size >= UNTRACKED_BATCH) return keys;
    return keys.concat(this.#known.keys().filter(isUntracked).take(UNTRACKED_BATCH).toArray());
  }

  /**
   * What the tracked queues did not count belongs to the untracked, which never count backwards.
   * @param counts of all queues
   * @param previous of the queues that this refresh has read, when they were read before
   */
  #count(counts: QueueCounts, previous: Map<string, QueueCounts>): void {
    for (const name of COUNTERS) {
      for (const key of this.#tracked) {
        const [now, before] = [this.#known.get(key)![name], previous.get(key)?.[name] ?? 0];
        this.#trackedCounts[name] += now >= before ? now - before : now; // the store has dropped its counts
      }
      this.#untracked[name] = Math.max(this.#untracked[name], counts[name] - this.#trackedCounts[name]);
    }
  }

  /** Tracks `keys` while slots are free, then those with many more events than the smallest tracked queue. */
  async #chooseTracked(keys: string[], pause: Pause): Promise<void> {
    const total = (key: string) => this.#known.get(key)!.total;
    const sorted: string[][] = [];
    for (const slice of slicesOf(keys)) {
      sorted.push(slice.filter((key) => !this.#tracked.has(key)).sort((a, b) => total(b) - total(a)));
      await pause();
    }
    const candidates = await mergeSorted(sorted, this.#maxTracked, (a, b) => total(b) - total(a), pause);
    const smallestFirst = [...this.#tracked].sort((a, b) => total(a) - total(b));
    for (const key of candidates) {
      if (this.#tracked.size >= this.#maxTracked) {
        const [smallest] = smallestFirst;
        if (smallest === undefined || total(key) <= DISPLACE_FACTOR * total(smallest)) return;
        smallestFirst.shift();
        this.#tracked.delete(smallest);
      }
      this.#tracked.add(key);
    }
  }

  async #sumUntracked(pause: Pause): Promise<ReturnType<typeof noQueues>> {
    const sum = noQueues();
    for (const slice of slicesOf(this.#known)) {
      for (const [key, status] of slice) {
        if (this.#tracked.has(key)) continue;
        sum.queues++;
        sum.ready += status.ready;
        sum.processing += status.processing;
        sum.delayed += status.delayed;
        sum.blocked += status.blocked;
        sum.consumers += status.consumers;
        sum.oldestMs = Math.max(sum.oldestMs, status.oldestMs);
      }
      await pause();
    }
    return sum;
  }
}

function noQueues() {
  return { queues: 0, ready: 0, processing: 0, delayed: 0, blocked: 0, consumers: 0, oldestMs: 0 };
}
