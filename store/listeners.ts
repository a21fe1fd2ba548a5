/**
 * Who, in this process, wants to know of events that become ready.
 *
 * @module
 */
import { keyOf } from "./bytes.ts";

/** The listeners of all queues. */
export class ReadyListeners {
  readonly #queues = new Map<string, Set<(events: number) => void>>();

  /** Adds a listener. Returns how to take it away again. */
  add(name: Uint8Array, onReady: (events: number) => void): () => void {
    const key = keyOf(name);
    // Of its own, so that a function given twice is two listeners.
    const listener = (events: number) => onReady(events);
    const listeners = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#queues.get(key) === listeners) this.#queues.delete(key);
    };
  }

  /** Tells the listeners of a queue, by its map key. */
  notify(key: string, events: number): void {
    const listeners = this.#queues.get(key);
    if (listeners !== undefined) { for (const listener of listeners) listener(events); }
  }
}
