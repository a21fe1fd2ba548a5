/**
 * The pushes of NOBLOCK: answered at once, done in the background.
 *
 * @module
 */
import { type PushOptions, QueueFull, type Side, type Store, StoreUnavailable } from "../../store/store.ts";
import type { Log } from "../log.ts";
import { delay } from "../util/async.ts";

/** Pause before a push is tried again, in milliseconds. */
const RETRY_MS = 200;

/** A bounded number of pushes under way. */
export class NoblockPushes {
  #store: Store;
  #limit: number;
  #log: Log;
  #underWay = new Map<Promise<unknown>, { queue: Uint8Array; id: Uint8Array }>();
  #closing = new AbortController();
  #lost = 0;

  /** @param limit pushes under way at the most */
  constructor(store: Store, limit: number, log: Log) {
    this.#store = store;
    this.#limit = limit;
    this.#log = log;
  }

  /** How many are under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** How many were taken on and could not be stored. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes a push on, or returns false if there are too many already. */
  submit(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): boolean {
    if (this.#underWay.size >= this.#limit) return false;
    const push = this.#push(queue, id, contents, side, options);
    this.#underWay.set(push, { queue, id });
    push.then((error) => {
      if (this.#underWay.delete(push) && error !== undefined) this.#lose({ queue, id, error });
    });
    return true;
  }

  /** Finishes what was taken on. What the store does not take now, after waiting for it as usual, is lost and logged. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#underWay.keys());
  }

  /** Waits no longer for those that are under way: the store may still take them, but nobody will know. */
  giveUp(): void {
    const error = "the time for stopping is up";
    for (const { queue, id } of this.#underWay.values()) this.#lose({ queue, id, error });
    this.#underWay.clear();
  }

  /**
   * Tries until the store has the event; resolves to why it was given up, if it was. Trying again is safe: an id that is
   * held already is not pushed twice.
   */
  async #push(
    queue: Uint8Array,
    id: Uint8Array,
    contents: Uint8Array,
    side: Side,
    options?: PushOptions,
  ): Promise<unknown> {
    for (let attempt = 1;; attempt++) {
      try {
        const added = await this.#store.push(queue, id, contents, side, options);
        if (!added && attempt === 1) this.#log.warn("A NOBLOCK event was a duplicate", { queue, id });
        return;
      } catch (error) {
        if (error instanceof QueueFull) {
          return void this.#log.warn("A NOBLOCK event was refused: queue full", { queue, id });
        }
        if (!(error instanceof StoreUnavailable) || this.#closing.signal.aborted) {
          return error;
        }
        await delay(RETRY_MS, this.#closing.signal);
      }
    }
  }

  #lose(event: { queue: Uint8Array; id: Uint8Array; error: unknown }): void {
    this.#lost++;
    this.#log.error("A NOBLOCK event is lost", event);
  }
}
