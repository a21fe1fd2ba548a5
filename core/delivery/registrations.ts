/**
 * Registrations: the queues that clients of this okq instance consume. The store knows each queue's number of
 * consumers, and notifies this instance of its events.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../log.ts";
import type { Subscriptions, SubscriptionUse } from "./subscriptions.ts";

export interface RegisteredClient {
  /** From the last QREGISTER, without duplicates. */
  queues: Uint8Array[];
  /** Index in `queues` at which the next QNOTIFY begins, so that a busy queue cannot hide the others. */
  nextQueue: number;
}

/** A queue with consumers, or whose last consumer is being removed from the store. */
interface Entry {
  queue: Uint8Array;
  count: number;
  /** The store's count of consumers; -1 to send it again. */
  stored: number;
  subscription?: SubscriptionUse;
  synced: Promise<void>;
}

export class Registrations {
  readonly #store: Store;
  readonly #subscriptions: Subscriptions;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  constructor(store: Store, subscriptions: Subscriptions, log: Log) {
    this.#store = store;
    this.#subscriptions = subscriptions;
    this.#log = log;
  }

  /** Registered queues, each counted once per client. */
  get size(): number {
    return this.#size;
  }

  /**
   * Replaces the queues that a client consumes.
   * @throws {StoreUnavailable} the client then consumes what it did before
   */
  async register(client: RegisteredClient, queues: Uint8Array[]): Promise<void> {
    const { queues: before, nextQueue } = client;
    const changed = this.#replace(client, queues);
    const { queues: registered } = client;
    try {
      await Promise.all(changed.map((entry) => this.#sync(entry)));
    } catch (error) {
      if (client.queues === registered) { // else the client has disconnected meanwhile
        this.#replace(client, before);
        client.nextQueue = nextQueue;
      }
      throw error;
    }
  }

  /** Removes the queues that apply from those that a client consumes, even if the store cannot be reached. */
  async deregister(client: RegisteredClient, applies: (queue: Uint8Array) => boolean = () => true): Promise<void> {
    const kept = client.queues.filter((queue) => !applies(queue));
    if (kept.length === client.queues.length) return;
    const results = await Promise.allSettled(this.#replace(client, kept).map((entry) => this.#sync(entry)));
    const failed = results.find((result) => result.status === "rejected");
    // The next renewal tells the store.
    if (failed) this.#log.debug("Cannot deregister a consumer", { error: failed.reason });
  }

  /** Shows the store that this instance is alive, and sends the counts that it has not confirmed. */
  async renew(): Promise<void> {
    const unconfirmed = [...this.#entries.values()].filter(({ count, stored }) => count !== stored);
    await Promise.all([this.#store.renew(), ...unconfirmed.map((entry) => this.#sync(entry))]);
  }

  async close(): Promise<void> {
    for (const entry of this.#entries.values()) entry.count = 0;
    await Promise.all(Array.from(this.#entries.values(), (entry) => this.#sync(entry)));
  }

  /** Returns the entries whose count changed. */
  #replace(client: RegisteredClient, queues: Uint8Array[]): Entry[] {
    const wanted = new Map(queues.map((queue) => [keyOf(queue), queue]));
    const had = new Set(client.queues.map(keyOf));
    const changed: Entry[] = [];
    for (const queue of client.queues) if (!wanted.has(keyOf(queue))) changed.push(this.#count(queue, -1));
    for (const [key, queue] of wanted) if (!had.has(key)) changed.push(this.#count(queue, +1));
    client.queues = [...wanted.values()];
    client.nextQueue = 0;
    return changed;
  }

  #count(queue: Uint8Array, change: number): Entry {
    const key = keyOf(queue);
    let entry = this.#entries.get(key);
    if (!entry) this.#entries.set(key, entry = { queue, count: 0, stored: 0, synced: Promise.resolve() });
    entry.count += change;
    this.#size += change;
    return entry;
  }

  /** One step at a time for each queue, so that the last one counts. */
  #sync(entry: Entry): Promise<void> {
    const step = entry.synced.then(() => this.#syncNow(entry));
    entry.synced = step.catch(() => {});
    return step;
  }

  async #syncNow(entry: Entry): Promise<void> {
    const { queue } = entry;
    if (entry.count > 0) {
      entry.subscription ??= this.#subscriptions.use(queue);
      try {
        await entry.subscription.opened;
      } catch (error) {
        await this.#unsubscribe(entry); // the next step tries again
        throw error;
      }
    }
    const count = entry.count;
    if (entry.stored !== count) {
      entry.stored = -1; // unknown, should this fail
      await this.#store.register(queue, count);
      entry.stored = count;
    }
    if (entry.count > 0) return;
    await this.#unsubscribe(entry);
    if (entry.count === 0) this.#entries.delete(keyOf(queue));
  }

  async #unsubscribe(entry: Entry): Promise<void> {
    const { subscription } = entry;
    entry.subscription = undefined;
    await subscription?.end(true);
  }
}
