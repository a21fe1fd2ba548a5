/**
 * Which queues the clients of this okq instance consume. The store is told how many consumers each queue has here, and
 * tells when one of those queues has new events.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";
import type { ClientContext } from "../client_context.ts";
import type { Waiters } from "./waiters.ts";
import type { SubscriptionUse } from "./subscriptions.ts";

/** A queue that has, or has just had, consumers here. */
interface Entry {
  queue: Uint8Array;
  /** Consumers now. */
  count: number;
  /** Consumers as the store knows. */
  stored: number;
  /** The store's messages, if it sends any. */
  use?: SubscriptionUse;
  /** The end of the work that brings the store to what this entry says. */
  settled: Promise<void>;
}

/** The registrations of this okq instance. */
export class Registrations {
  #store: Store;
  #waiters: Waiters;
  #instance: string;
  #entries = new Map<string, Entry>();
  #size = 0;

  /** @param instance a name that no other okq instance has */
  constructor(store: Store, waiters: Waiters, instance: string) {
    this.#store = store;
    this.#waiters = waiters;
    this.#instance = instance;
  }

  /** How many queues are registered, each counted for each client. */
  get size(): number {
    return this.#size;
  }

  /**
   * Replaces the queues that a client consumes; duplicates count once.
   * @throws {StoreUnavailable} and the client consumes nothing
   */
  async register(client: ClientContext, queues: Uint8Array[]): Promise<void> {
    const wanted = new Map(queues.map((queue) => [keyOf(queue), queue]));
    const kept = new Set(client.queues.map(keyOf));
    const changed: Entry[] = [];
    for (const queue of client.queues) if (!wanted.has(keyOf(queue))) changed.push(this.#count(queue, -1));
    for (const [key, queue] of wanted) if (!kept.has(key)) changed.push(this.#count(queue, +1));
    client.queues = [...wanted.values()];
    client.nextQueue = 0;
    try {
      await Promise.all(changed.map((entry) => this.#settle(entry)));
    } catch (error) {
      for (const queue of client.queues) this.#count(queue, -1);
      client.queues = [];
      throw error;
    }
  }

  /** Tells the store again of every consumer: the sign of life of this instance. */
  async renew(): Promise<void> {
    for (const entry of this.#entries.values()) entry.stored = -1;
    await Promise.all(Array.from(this.#entries.values(), (entry) => this.#settle(entry)));
  }

  /** Takes all consumers of this instance off. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) entry.count = 0;
    await this.renew();
  }

  #count(queue: Uint8Array, change: number): Entry {
    const key = keyOf(queue);
    let entry = this.#entries.get(key);
    if (!entry) this.#entries.set(key, entry = { queue, count: 0, stored: 0, settled: Promise.resolve() });
    entry.count += change;
    this.#size += change;
    return entry;
  }

  /** One at a time for each queue, so that the last word is the right one. */
  #settle(entry: Entry): Promise<void> {
    const work = entry.settled.then(() => this.#sync(entry));
    entry.settled = work.catch(() => {});
    return work;
  }

  async #sync(entry: Entry): Promise<void> {
    const { queue } = entry;
    if (entry.count > 0) {
      entry.use ??= this.#waiters.subscriptions.use(queue);
      try {
        await entry.use.opened;
      } catch (error) {
        await this.#unsubscribe(entry).catch(() => {}); // the next time it is tried anew
        throw error;
      }
    }
    const count = entry.count;
    if (entry.stored !== count) {
      await this.#store.register(queue, this.#instance, count);
      entry.stored = count;
    }
    if (entry.count > 0) return;
    await this.#unsubscribe(entry);
    if (entry.count === 0) this.#entries.delete(keyOf(queue));
  }

  async #unsubscribe(entry: Entry): Promise<void> {
    const { use } = entry;
    entry.use = undefined;
    await use?.end(true);
  }
}
