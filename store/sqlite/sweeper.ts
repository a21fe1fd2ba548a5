/**
 * Clears away what is no longer needed, in steps: the events of big queues that were flushed, and unused pages.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import type { EventOperations } from "./operations/events.ts";
import { prepare } from "./database/statements.ts";

/** Flushed events removed in one step. */
const EVENTS_PER_STEP = 2_000;

/** Unused pages of 4 KiB that the file may keep for the next burst. */
const SPARE_PAGES = 4_096;

/** Works in the current transaction. */
export class Sweeper {
  readonly #events: EventOperations;
  readonly #firstFlushed;
  readonly #deleteFlushed;
  readonly #freePages;
  readonly #releasePages;

  constructor(db: DatabaseSync, events: EventOperations) {
    this.#events = events;
    this.#firstFlushed = prepare<[number]>(db, "firstFlushed");
    this.#deleteFlushed = prepare(db, "deleteFlushed");
    this.#freePages = prepare<[number]>(db, "freePages");
    this.#releasePages = prepare(db, "releasePages");
  }

  /** Takes one step. Returns whether there is more to do. */
  sweep(): boolean {
    return this.#removeFlushed() || this.#shrinkFile();
  }

  #removeFlushed(): boolean {
    const flushed = this.#firstFlushed.get();
    if (flushed === undefined) return false;
    const [queue] = flushed;
    if (this.#events.removeSome(queue, EVENTS_PER_STEP) < EVENTS_PER_STEP) this.#deleteFlushed.run(queue);
    return true;
  }

  #shrinkFile(): boolean {
    if (this.#freePages.get()![0] <= SPARE_PAGES) return false;
    this.#releasePages.all();
    return true;
  }
}
