/**
 * This process's listeners for events that become ready.
 *
 * @module
 */
import { keyOf } from "./bytes.ts";

export class ReadyListeners {
  readonly #queues = new Map<string, Set<(events: number) => void>>();

  /** Returns a function that removes the listener. */
  add(name: Uint8Array, onReady: (events: number) => void): () => void {
    const key = keyOf(name);
    // A new function, so that one added twice is two listeners.
    const listener = (events: number) => onReady(events);
    const listeners = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#queues.get(key) === listeners) this.#queues.delete(key);
    };
  }

  notify(key: string, events: number): void {
    const listeners = this.#queues.get(key);
    if (listeners !== undefined) { for (const listener of listeners) listener(events); }
  }
}
