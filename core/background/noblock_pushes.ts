/**
 * Pushes with NOBLOCK: answered at once, stored in the background.
 *
 * @module
 */
import { type PushOptions, QueueFull, type Side, type Store, StoreUnavailable } from "../../store/store.ts";
import type { Log } from "../log.ts";
import { delay } from "../util/async.ts";

const RETRY_MS = 200;

export class NoblockPushes {
  readonly #store: Store;
  readonly #max: number;
  readonly #log: Log;
  readonly #running = new Map<Promise<unknown>, { queue: Uint8Array; id: Uint8Array }>();
  readonly #closing = new AbortController();
  #lost = 0;

  /** @param max limit of running pushes */
  constructor(store: Store, max: number, log: Log) {
    this.#store = store;
    this.#max = max;
    this.#log = log;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Number of accepted pushes that could not be stored. */
  get lost(): number {
    return this.#lost;
  }

  /** Returns false if too many pushes are running. */
  submit(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): boolean {
    if (this.#running.size >= this.#max) return false;
    const push = this.#push(queue, id, contents, side, options);
    this.#running.set(push, { queue, id });
    push.then((error) => {
      if (this.#running.delete(push) && error !== undefined) this.#lose({ queue, id, error });
    });
    return true;
  }

  /** A push that the store does not take within its usual timeout is lost, and logged. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running.keys());
  }

  /** The running pushes count as lost, though the store may still take them. */
  giveUp(): void {
    const error = "--shutdown-timeout is over";
    for (const { queue, id } of this.#running.values()) this.#lose({ queue, id, error });
    this.#running.clear();
  }

  /**
   * Resolves when the store has the event, or to the error. Retries are safe: the store refuses an id that it already
   * holds.
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
        if (!added && attempt === 1) this.#log.warn("NOBLOCK push refused: duplicate event", { queue, id });
        return;
      } catch (error) {
        if (error instanceof QueueFull) return void this.#log.warn("NOBLOCK push refused: queue full", { queue, id });
        if (!(error instanceof StoreUnavailable) || this.#closing.signal.aborted) return error;
        await delay(RETRY_MS, this.#closing.signal);
      }
    }
  }

  #lose(event: { queue: Uint8Array; id: Uint8Array; error: unknown }): void {
    this.#lost++;
    this.#log.error("NOBLOCK push lost", event);
  }
}
