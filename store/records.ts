/**
 * What a store holds, as records that every store can read and write: for back-ups, and to move from one store to
 * another.
 *
 * The records of a queue have an order that does not depend on the store: its settings; then its timetables by name;
 * the events that are ready, the next to be delivered first; leased, by the ends of their leases and then by id;
 * delayed, in the order in which they will enter; blocked, by group and in the order of its line; last the ids that are
 * remembered, by the time of their end and then by id. Times are in milliseconds since 1970.
 *
 * Consumers, counts, and what a queue has used of its rate are no part of them, and neither are receipts.
 *
 * @module
 */
import { giveWay } from "../core/util/slices.ts";
import type { Policy } from "./policy.ts";
import type { Side, Timetable } from "./types.ts";

export type QueueRecord = SettingsRecord | TimetableRecord | EventRecord | DoneRecord;

/** The first record of every queue. */
export interface SettingsRecord {
  state: "settings";
  policy: Policy;
  /** 0: not paused; Infinity: until it is resumed. */
  pausedUntil: number;
}

export interface TimetableRecord extends Omit<Timetable, "queue"> {
  state: "timetable";
}

export interface EventRecord {
  state: "ready" | "processing" | "delayed" | "blocked";
  id: Uint8Array;
  /** End of its lease or delay, otherwise 0. That of a delayed event has a fraction: {@linkcode DelayOrder}. */
  dueAt: number;
  /** Where a delayed event enters; otherwise null. */
  side: Side | null;
  pushedAt: number;
  /** Failed deliveries. */
  failures: number;
  /** Of the last failure; empty if none was given. */
  reason: Uint8Array;
  /** End of its time to live; null: never. */
  expiresAt: number | null;
  group: Uint8Array | null;
  /** It has a group, in which it takes no place: a dead letter, or delayed by its push. */
  isOutside: boolean;
  meta: Uint8Array | null;
  contents: Uint8Array;
}

/** An id that is remembered. */
export interface DoneRecord {
  state: "done";
  id: Uint8Array;
  dueAt: number;
}

/** A queue of a store. */
export interface QueueSummary {
  queue: Uint8Array;
  /** Number of its records, without its settings. */
  records: number;
  /** Differs after most changes. */
  figures: string;
}

/** How far a queue is written. */
export interface Progress {
  /** Number of its records, settings included. */
  records: number;
  /** Of these records, as the writer has computed it. */
  digest: string;
}

/** A store that nobody uses, opened to be read. */
export interface RecordReader {
  /** Nobody can change the store while it is open. */
  readonly isLocked: boolean;

  /** Why the store seems to be in use and what to do, as part of a sentence; otherwise undefined. */
  inUse(): Promise<string | undefined>;

  /** All queues with events, a policy, a pause or a timetable, sorted by name. */
  queues(): Promise<QueueSummary[]>;

  /**
   * Yields all records of a queue, in arrays of a bounded size. Changes nothing: what is due stays as it is.
   * @throws {QueueChanged}
   */
  records(queue: Uint8Array): AsyncIterable<QueueRecord[]>;

  close(): void;
}

/**
 * A store that only this process uses, opened to be filled. From the first call of {@linkcode RecordWriter.begin} until
 * {@linkcode RecordWriter.finish} no okq can open it.
 */
export interface RecordWriter extends RecordReader {
  /**
   * Begins, or goes on after an interruption.
   * @throws {Error} one line: the store holds something else
   */
  begin(): Promise<void>;

  /** How far a queue was written before. */
  progress(queue: Uint8Array): Promise<Progress | null>;

  /**
   * Adds records to a queue, in one atomic step, with how far it is written then.
   * @param written what {@linkcode RecordWriter.progress} returns
   * @throws {DuplicateId}
   */
  write(queue: Uint8Array, records: QueueRecord[], written: Progress | null, progress: Progress): Promise<void>;

  /** Everything is written: okq can open the store. */
  finish(): Promise<void>;

  /** Removes everything, so that the store is empty again. */
  discard(): Promise<void>;
}

/** A queue has two events, or remembers two ids, of that name. */
export class DuplicateId extends Error {
  override name = "DuplicateId";

  constructor(readonly id: Uint8Array) {
    super("The queue holds this id already");
  }
}

/** A queue changed while it was read, or is inconsistent. */
export class QueueChanged extends Error {
  override name = "QueueChanged";

  constructor(readonly queue: Uint8Array) {
    super("The queue changed while it was read");
  }
}

/** Limits of an array of records: their number, and the bytes of their contents. */
const MAX_RECORDS = 1000;
const MAX_BYTES = 1024 * 1024;

/** Tells when an array of records has its size. */
export class BatchSize {
  #records = 0;
  #bytes = 0;

  add(record: QueueRecord): void {
    this.#records++;
    this.#bytes += "contents" in record ? record.contents.length : 0;
  }

  get isFull(): boolean {
    return this.#records >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }
}

/** Collects records into arrays of a bounded size; a single record may be larger. Gives way to others in between. */
export async function* inBatches(
  records: Iterable<QueueRecord> | AsyncIterable<QueueRecord>,
): AsyncGenerator<QueueRecord[], void> {
  let batch: QueueRecord[] = [];
  let size = new BatchSize();
  const pause = giveWay();
  for await (const record of records) {
    batch.push(record);
    size.add(record);
    if (!size.isFull) continue;
    yield batch;
    await pause();
    batch = [];
    size = new BatchSize();
  }
  if (batch.length > 0) yield batch;
}

/**
 * Gives delayed events times of their own, by which a store can keep their order: a little later than the event before,
 * if both are due in the same millisecond. Thousands fit into one; further ones are due in the next.
 */
export class DelayOrder {
  #last = 0;

  /** @param ms when the next event is due, as a whole number */
  next(ms: number): number {
    // The distance of this number from the next one that a double can hold.
    const step = 2 ** (Math.floor(Math.log2(Math.max(this.#last, 1))) - 52);
    return this.#last = Math.max(ms, this.#last + step);
  }
}
