/**
 * The store's messages about queues. They are asked for while somebody here waits for events of a queue or consumes it,
 * and a little longer after a wait, because who has waited for a queue mostly waits for it again.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";

/** How long messages are still asked for after the last wait, in milliseconds. */
const LINGER_MS = 5_000;

/** A queue that is, or has just been, watched. */
interface Subscription {
  users: number;
  open: boolean;
  opened: Promise<() => Promise<void>>;
  linger?: ReturnType<typeof setTimeout>;
}

/** What somebody has who needs the messages. */
export interface SubscriptionUse {
  /** No message has been missed since before the use began. */
  readonly open: boolean;
  /** Resolves once no message is missed any more; rejects if the store cannot be reached. */
  opened: Promise<unknown>;
  /** Needs them no longer; they end at once, or a little later. Resolves when that is done, or in hand. */
  end(atOnce: boolean): Promise<void>;
}

/** The watched queues of this okq instance. */
export class Subscriptions {
  #store: Store;
  #onReady: (queue: Uint8Array, events: number) => void;
  #watches = new Map<string, Subscription>();

  /** @param onReady told of events that became ready in a watched queue, once however many use it */
  constructor(store: Store, onReady: (queue: Uint8Array, events: number) => void) {
    this.#store = store;
    this.#onReady = onReady;
  }

  /** Asks for the messages about a queue. */
  use(queue: Uint8Array): SubscriptionUse {
    const key = keyOf(queue);
    const watch = this.#watches.get(key) ?? this.#open(key, queue);
    clearTimeout(watch.linger);
    watch.users++;
    return { open: watch.open, opened: watch.opened, end: (atOnce) => this.#end(key, watch, atOnce) };
  }

  /** Ends what lingers. */
  async close(): Promise<void> {
    const idle = [...this.#watches].filter(([, { users }]) => users === 0);
    await Promise.allSettled(idle.map(([key, watch]) => this.#close(key, watch)));
  }

  #open(key: string, queue: Uint8Array): Subscription {
    const opened = this.#store.watch(queue, (events) => this.#onReady(queue, events));
    const watch: Subscription = { users: 0, open: false, opened };
    this.#watches.set(key, watch);
    opened.then(() => watch.open = true, () => this.#forget(key, watch));
    return watch;
  }

  async #end(key: string, watch: Subscription, atOnce: boolean): Promise<void> {
    if (--watch.users > 0 || this.#watches.get(key) !== watch) return;
    if (atOnce) return await this.#close(key, watch);
    watch.linger = setTimeout(() => this.#close(key, watch).catch(() => {}), LINGER_MS);
  }

  async #close(key: string, watch: Subscription): Promise<void> {
    clearTimeout(watch.linger);
    this.#forget(key, watch);
    await (await watch.opened)();
  }

  #forget(key: string, watch: Subscription): void {
    if (this.#watches.get(key) === watch) this.#watches.delete(key);
  }
}
