/**
 * Deletes the events of large queues that were flushed and ids that are no longer remembered, and returns unused pages to
 * the file system, in small steps.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { prepare } from "./database/statements.ts";
import type { EventTable } from "./tables/event_table.ts";
import type { RememberedIds } from "./tables/remembered_ids.ts";
import type { Tables } from "./tables/tables.ts";

const EVENTS_PER_STEP = 1_000;

/** Of remembered ids. */
const IDS_PER_STEP = 1_000;

/** Unused pages that the file keeps for the next burst. */
const SPARE_PAGES = 4_096;

const PAGE_BYTES = 4_096;

export class Cleanup {
  readonly #events: EventTable;
  readonly #remembered: RememberedIds;
  readonly #firstFlushed;
  readonly #deleteFlushed;
  readonly #freePages;
  readonly #releasePages;

  constructor(db: DatabaseSync, { events, remembered }: Tables) {
    this.#events = events;
    this.#remembered = remembered;
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
    return this.#deleteFlushedRows() || this.#remembered.deleteDue(IDS_PER_STEP) === IDS_PER_STEP ||
      this.#shrinkFile(diskFull ? 0 : SPARE_PAGES);
  }

  #deleteFlushedRows(): boolean {
    const row = this.#firstFlushed.get();
    if (row === undefined) return false;
    const [queueId] = row;
    const done = queueId < 0
      ? this.#remembered.deleteOf(queueId, IDS_PER_STEP) < IDS_PER_STEP
      : this.#events.deleteRows(queueId, EVENTS_PER_STEP);
    if (done) this.#deleteFlushed.run(queueId);
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
