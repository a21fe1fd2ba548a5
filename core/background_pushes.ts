/**
 * The pushes of NOBLOCK: answered at once, done in the background.
 *
 * @module
 */
import { type Side, type Store, StoreUnavailable } from "../store/store.ts";
import { pause } from "./duty.ts";
import type { Log } from "./log.ts";

/** Pause before a push is tried again, in milliseconds. */
const RETRY_MS = 200;

/** A bounded number of pushes under way. */
export class BackgroundPushes {
  #store: Store;
  #limit: number;
  #log: Log;
  #underWay = new Set<Promise<void>>();
  #closing = new AbortController();

  /** @param limit pushes under way at the most */
  constructor(store: Store, limit: number, log: Log) {
    this.#store = store;
    this.#limit = limit;
    this.#log = log;
  }

  /** Takes a push on, or returns false if there are too many already. */
  offer(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side): boolean {
    if (this.#underWay.size >= this.#limit) return false;
    const push = this.#push(queue, id, contents, side);
    this.#underWay.add(push);
    push.finally(() => this.#underWay.delete(push));
    return true;
  }

  /** Finishes what was taken on. What the store does not take now, after waiting for it as usual, is lost and logged. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#underWay);
  }

  /** Tries until the store has the event. Trying again is safe: an id that is held already is not pushed twice. */
  async #push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        const added = await this.#store.push(queue, id, contents, side);
        if (!added && attempt === 1) this.#log.warn("A NOBLOCK event was a duplicate", { queue, id });
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || this.#closing.signal.aborted) {
          return this.#log.error("A NOBLOCK event is lost", { queue, id, error });
        }
        await pause(RETRY_MS, this.#closing.signal);
      }
    }
  }
}
