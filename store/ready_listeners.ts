/**
 * This process's listeners for events that become ready.
 *
 * @module
 */
import { MAX_TIMER_MS } from "../core/util/async.ts";
import { keyOf } from "./bytes.ts";

interface Listeners {
  all: Set<(events: number) => void>;
  /** Runs while ready events may be delivered only later. */
  timer?: ReturnType<typeof setTimeout>;
}

export class ReadyListeners {
  readonly #queues = new Map<string, Listeners>();

  /** Returns a function that removes the listener. */
  add(name: Uint8Array, onReady: (events: number) => void): () => void {
    const key = keyOf(name);
    // A new function, so that one added twice is two listeners.
    const listener = (events: number) => onReady(events);
    const listeners: Listeners = this.#queues.get(key) ?? { all: new Set() };
    this.#queues.set(key, listeners);
    listeners.all.add(listener);
    return () => {
      listeners.all.delete(listener);
      if (listeners.all.size > 0 || this.#queues.get(key) !== listeners) return;
      clearTimeout(listeners.timer);
      this.#queues.delete(key);
    };
  }

  notify(key: string, events: number): void {
    const listeners = this.#queues.get(key);
    if (listeners === undefined) return;
    clearTimeout(listeners.timer);
    for (const listener of listeners.all) listener(events);
  }

  /** Notifies of one event after some time, unless the listeners of the queue are notified before. The last time holds. */
  notifyAfter(key: string, ms: number): void {
    const listeners = this.#queues.get(key);
    if (listeners === undefined) return;
    clearTimeout(listeners.timer);
    listeners.timer = setTimeout(() => this.notify(key, 1), Math.min(ms, MAX_TIMER_MS));
  }

  /** Notifies no more. */
  close(): void {
    for (const { timer } of this.#queues.values()) clearTimeout(timer);
    this.#queues.clear();
  }
}
