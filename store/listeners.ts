/**
 * The listeners of this process for events that become ready.
 *
 * @module
 */
import { keyOf } from "./bytes.ts";

/** The listeners of all queues. */
export class ReadyListeners {
  readonly #queues = new Map<string, Set<(events: number) => void>>();

  /** Adds a listener to a queue. Returns a function that removes it. */
  add(name: Uint8Array, onReady: (events: number) => void): () => void {
    const key = keyOf(name);
    // A new function, so that one that is added twice is two listeners.
    const listener = (events: number) => onReady(events);
    const listeners = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#queues.get(key) === listeners) this.#queues.delete(key);
    };
  }

  /** Calls the listeners of a queue with the number of events that became ready. */
  notify(key: string, events: number): void {
    const listeners = this.#queues.get(key);
    if (listeners !== undefined) { for (const listener of listeners) listener(events); }
  }
}
