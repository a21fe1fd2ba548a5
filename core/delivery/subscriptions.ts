/**
 * Subscriptions to the store's notifications of ready events, one per queue, while clients of this instance wait on it
 * or consume it. They linger after a wait, since clients mostly wait on the same queue again.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../log.ts";

/** How long a subscription outlives the last wait. */
const LINGER_MS = 5_000;

interface Subscription {
  users: number;
  open: boolean;
  /** Resolves to the function that unsubscribes. */
  opened: Promise<() => Promise<void>>;
  /** By `performance.now()`; counts while there is no user. */
  unusedSince: number;
}

export interface SubscriptionUse {
  /** Open before this use began, so no notification is missed. */
  readonly open: boolean;
  /** Rejects if the store cannot be reached. */
  opened: Promise<unknown>;
  /** A queue's unused subscription is closed, at once or after lingering. */
  end(atOnce: boolean): Promise<void>;
}

export class Subscriptions {
  readonly #store: Store;
  readonly #log: Log;
  readonly #onReady: (queue: Uint8Array, events: number) => void;
  readonly #byQueue = new Map<string, Subscription>();
  /** One for all: a timer for each wait would take longer than the rest of it. */
  #sweepTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onReady gets the number of events that became ready */
  constructor(store: Store, log: Log, onReady: (queue: Uint8Array, events: number) => void) {
    this.#store = store;
    this.#log = log;
    this.#onReady = onReady;
  }

  use(queue: Uint8Array): SubscriptionUse {
    const key = keyOf(queue);
    const subscription = this.#byQueue.get(key) ?? this.#open(key, queue);
    subscription.users++;
    const { open, opened } = subscription;
    return { open, opened, end: (atOnce) => this.#end(key, subscription, atOnce) };
  }

  /** Closes the subscriptions that linger. */
  async close(): Promise<void> {
    clearTimeout(this.#sweepTimer);
    const unused = [...this.#byQueue].filter(([, { users }]) => users === 0);
    await Promise.allSettled(unused.map(([key, subscription]) => this.#close(key, subscription)));
  }

  #open(key: string, queue: Uint8Array): Subscription {
    const opened = this.#store.watch(queue, (events) => this.#onReady(queue, events));
    const subscription: Subscription = { users: 0, open: false, opened, unusedSince: 0 };
    this.#byQueue.set(key, subscription);
    opened.then(() => subscription.open = true, () => this.#remove(key, subscription));
    return subscription;
  }

  async #end(key: string, subscription: Subscription, atOnce: boolean): Promise<void> {
    if (--subscription.users > 0 || this.#byQueue.get(key) !== subscription) return;
    if (atOnce) return await this.#close(key, subscription);
    subscription.unusedSince = performance.now();
    this.#sweepTimer ??= setTimeout(() => this.#sweep(), LINGER_MS);
  }

  #sweep(): void {
    const now = performance.now();
    let next = Infinity;
    for (const [key, subscription] of this.#byQueue) {
      if (subscription.users > 0) continue;
      const dueMs = subscription.unusedSince + LINGER_MS - now;
      if (dueMs > 0) next = Math.min(next, dueMs);
      else this.#close(key, subscription).catch((error) => this.#log.debug("Cannot unsubscribe", { error }));
    }
    this.#sweepTimer = next < Infinity ? setTimeout(() => this.#sweep(), next) : undefined;
  }

  async #close(key: string, subscription: Subscription): Promise<void> {
    this.#remove(key, subscription);
    const unsubscribe = await subscription.opened;
    await unsubscribe();
  }

  #remove(key: string, subscription: Subscription): void {
    if (this.#byQueue.get(key) === subscription) this.#byQueue.delete(key);
  }
}
