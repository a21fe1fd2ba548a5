/**
 * Deletes the events of large queues that were flushed, and returns unused pages to the file system, in small steps.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { prepare } from "./database/statements.ts";
import type { EventTable } from "./tables/event_table.ts";

const EVENTS_PER_STEP = 1_000;

/** Unused pages that the file keeps for the next burst. */
const SPARE_PAGES = 4_096;

const PAGE_BYTES = 4_096;

export class Cleanup {
  readonly #events: EventTable;
  readonly #firstFlushed;
  readonly #deleteFlushed;
  readonly #freePages;
  readonly #releasePages;

  constructor(db: DatabaseSync, events: EventTable) {
    this.#events = events;
    this.#firstFlushed = prepare<[queueId: number]>(db, "firstFlushed");
    this.#deleteFlushed = prepare(db, "deleteFlushed");
    this.#freePages = prepare<[number]>(db, "freePages");
    this.#releasePages = prepare(db, "releasePages");
  }

  /**
   * Does one step of the current transaction. Returns whether there may be more to do.
   *
   * @param diskFull keeps no unused pages
   */
  step(diskFull: boolean): boolean {
    return this.#deleteEvents() || this.#shrinkFile(diskFull ? 0 : SPARE_PAGES);
  }

  #deleteEvents(): boolean {
    const row = this.#firstFlushed.get();
    if (row === undefined) return false;
    const [queueId] = row;
    if (this.#events.deleteRows(queueId, EVENTS_PER_STEP)) this.#deleteFlushed.run(queueId);
    return true;
  }

  #shrinkFile(sparePages: number): boolean {
    const [pages] = this.#freePages.get()!;
    if (pages <= sparePages) return false;
    // At most one page is moved for each that is released.
    this.#events.bytesWritten += this.#releasePages.all().length * PAGE_BYTES;
    return true;
  }
}
