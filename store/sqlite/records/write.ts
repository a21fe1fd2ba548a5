/**
 * Writes records into an SQLite file, each array of them in one transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { DuplicateId, type EventRecord, type Progress, type QueueRecord, type RecordWriter } from "../../records.ts";
import { openDatabase } from "../database/database.ts";
import {
  APPLICATION_ID,
  BLOCKED,
  DELAYED_LEFT,
  DELAYED_RIGHT,
  FIRST_POSITION,
  LEASED,
  LOADING_ID,
  MAX_INLINE_BYTES,
  MAX_TIME_MS,
  READY,
} from "../database/layout.ts";
import { openReserve, type Reserve } from "../database/reserve.ts";
import { prepare, type Statement } from "../database/statements.ts";
import { IdIndex } from "../tables/id_index.ts";
import type { QueueRow } from "../tables/queue_table.ts";
import { Inserts } from "../tables/write_buffer.ts";
import { SqliteRecordReader } from "./read.ts";

/**
 * Turns of events that hold a place of their group and are not ready count down from here: they come before those of
 * ready and blocked events, which count down from {@linkcode FIRST_POSITION}.
 */
const FIRST_TURN = FIRST_POSITION + 2 ** 32;

/** As `findQueue` returns it. */
interface Queue {
  id: number;
  ready: number;
  leased: number;
  delayed: number;
  blocked: number;
  leftmost: number;
  rightmost: number;
}

/**
 * Opens or creates the store in a file, which it owns until it is closed.
 * @throws {Error} one line: the file is in use, is not an okq store, has another layout, or cannot be opened
 */
export function openSqliteWriter(path: string): RecordWriter {
  const reserve = openReserve(path);
  try {
    return new SqliteRecordWriter(openDatabase(path, false, true), reserve);
  } catch (error) {
    reserve?.close();
    throw error;
  }
}

class SqliteRecordWriter extends SqliteRecordReader implements RecordWriter {
  readonly #reserve: Reserve | undefined;
  readonly #ids: IdIndex;
  readonly #rows: Inserts;
  readonly #insertBig;
  readonly #eventState;
  readonly #rememberedUntil;
  readonly #remember;
  readonly #findQueue;
  readonly #saveQueue;
  readonly #saveTimetable;
  /** Of a table that `begin` creates, like the next one. */
  #progress: Statement<[number, string]> | undefined;
  #saveProgress: Statement | undefined;
  #lastQueueId: number;
  #lastSeq: number;

  constructor(db: DatabaseSync, reserve: Reserve | undefined) {
    super(db);
    // A power failure may undo the last steps, but no step in part: the next run writes them again.
    db.exec("PRAGMA synchronous = NORMAL");
    this.#reserve = reserve;
    this.#ids = new IdIndex(db);
    this.#rows = new Inserts(db, "insertWholeEvents", 14);
    this.#insertBig = prepare(db, "insertBigContents");
    this.#eventState = prepare<[number]>(db, "eventState");
    this.#rememberedUntil = prepare<[number]>(db, "rememberedUntil");
    this.#remember = prepare(db, "rememberId");
    this.#findQueue = prepare<QueueRow>(db, "findQueue");
    this.#saveQueue = prepare(db, "saveQueue");
    this.#saveTimetable = prepare(db, "saveTimetable");
    this.#lastQueueId = prepare<[number | null]>(db, "lastQueueId").get()?.[0] ?? 0;
    this.#lastSeq = prepare<[number | null]>(db, "lastSeq").get()?.[0] ?? 0;
  }

  begin(): Promise<void> {
    return this.#transaction(() => {
      const [owner] = Object.values(this.db.prepare("PRAGMA application_id").get()!);
      if (owner === LOADING_ID) return;
      const [rows] = prepare<[number]>(this.db, "anything").get()!;
      if (rows > 0) throw new Error("Cannot fill this store: it holds okq data already; use a new file");
      this.db.exec(`
        CREATE TABLE loading (queue BLOB PRIMARY KEY, records INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
        PRAGMA application_id = ${LOADING_ID};
      `);
    });
  }

  progress(queue: Uint8Array): Promise<Progress | null> {
    this.#progress ??= prepare<[number, string]>(this.db, "loadingProgress");
    const row = this.#progress.get(queue);
    return Promise.resolve(row === undefined ? null : { records: row[0], digest: row[1] });
  }

  write(
    name: Uint8Array,
    records: QueueRecord[],
    _written: Progress | null,
    { records: count, digest }: Progress,
  ): Promise<void> {
    return this.#transaction(() => {
      const queue = this.#queueOf(name);
      for (const record of records) {
        if (record.state === "settings") {
          const { policy, pausedUntil } = record;
          this.policies.change(name, policy);
          if (pausedUntil > 0) this.policies.pause(name, Math.min(pausedUntil, MAX_TIME_MS));
        } else if (record.state === "timetable") {
          const { name: timetable, expression, zone, group, meta, nextAt, lastAt, contents } = record;
          this.#saveTimetable.run(name, timetable, expression, zone, group, meta, nextAt, lastAt, contents);
        } else if (record.state === "done") {
          const memory = this.policies.memoryOf(keyOf(name))!;
          if (this.#rememberedUntil.get(memory, record.id) !== undefined) throw new DuplicateId(record.id);
          this.#remember.run(memory, record.id, record.dueAt);
        } else this.#insert(queue, record);
      }
      this.#rows.write();
      const { id, ready, leased, delayed, blocked, leftmost, rightmost } = queue;
      const events = ready + leased + delayed + blocked;
      if (events > 0) this.#saveQueue.run(id, name, ready, leased, delayed, blocked, leftmost, rightmost);
      this.#saveProgress ??= prepare(this.db, "saveLoadingProgress");
      this.#saveProgress.run(name, count, digest);
    });
  }

  async finish(): Promise<void> {
    this.db.exec("PRAGMA synchronous = FULL");
    await this.#transaction(() => this.#release());
    this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  discard(): Promise<void> {
    return this.#transaction(() => {
      for (const table of ["events", "queues", "policies", "remembered", "timetables"]) {
        this.db.exec(`DELETE FROM ${table}`);
      }
      this.#release();
    });
  }

  override close(): void {
    super.close();
    this.#reserve?.close();
  }

  #release(): void {
    this.db.exec(`DROP TABLE loading; PRAGMA application_id = ${APPLICATION_ID}`);
  }

  #queueOf(name: Uint8Array): Queue {
    const row = this.#findQueue.get(name);
    const [id, ready, leased, delayed, blocked, leftmost, rightmost] = row ??
      [++this.#lastQueueId, 0, 0, 0, 0, FIRST_POSITION, FIRST_POSITION];
    return { id, ready, leased, delayed, blocked, leftmost, rightmost };
  }

  #insert(queue: Queue, event: EventRecord): void {
    const { id, pushedAt, contents, failures, expiresAt, reason, group, isOutside, meta } = event;
    const isHeld = this.#ids.find(queue.id, id, (seq) => {
      this.#rows.write();
      return this.#eventState.get(seq, queue.id, id) !== undefined;
    });
    if (isHeld > 0) throw new DuplicateId(id);
    const { state, place, due, turn } = placeIn(queue, event);
    const seq = ++this.#lastSeq;
    this.#ids.add(queue.id, id, seq);
    const isBig = contents.length > MAX_INLINE_BYTES;
    if (isBig) this.#insertBig.run(seq, contents);
    const joined = group !== null && !isOutside;
    const why = failures > 0 ? reason : null;
    const row = [
      seq,
      queue.id,
      state,
      place,
      due,
      pushedAt,
      id,
      isBig ? null : contents,
      failures,
      expiresAt,
      why,
      group,
    ];
    this.#rows.values.push(...row, joined ? turn : null, meta);
    this.#rows.writeIfFull();
  }

  #transaction(apply: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.db.exec("BEGIN IMMEDIATE");
      this.#ids.onBegin();
      try {
        apply();
        this.db.exec("COMMIT");
      } catch (error) {
        this.db.exec("ROLLBACK");
        throw error;
      }
      resolve();
    });
  }
}

/** Counts a new event in its queue, and returns where it is. */
function placeIn(queue: Queue, { state, dueAt, side, pushedAt }: EventRecord) {
  if (state === "ready" || state === "blocked") {
    const place = --queue.leftmost;
    queue[state]++;
    return { state: state === "ready" ? READY : BLOCKED, place, turn: place, due: pushedAt };
  }
  const turn = FIRST_TURN - queue.leased - queue.delayed;
  queue.rightmost = FIRST_TURN;
  const due = Math.floor(dueAt);
  if (state === "processing") {
    queue.leased++;
    return { state: LEASED, place: FIRST_POSITION, turn, due };
  }
  queue.delayed++;
  return { state: side === "left" ? DELAYED_LEFT : DELAYED_RIGHT, place: FIRST_POSITION, turn, due };
}
