/**
 * Reads the records of an SQLite store that no okq uses, in one transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { bytesOfKey, compareBytes, keyOf } from "../../bytes.ts";
import {
  DelayOrder,
  type EventRecord,
  inBatches,
  QueueChanged,
  type QueueRecord,
  type QueueSummary,
  type RecordReader,
  type TimetableRecord,
} from "../../records.ts";
import { openDatabase } from "../database/database.ts";
import { BLOCKED, DELAYED_LEFT, DELAYED_RIGHT, LEASED, MAX_TIME_MS, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { TimetableRow } from "../operations/timetables.ts";
import { PolicyTable } from "../tables/policy_table.ts";

type EventRow = [
  state: number,
  id: Uint8Array,
  due: number,
  pushedAt: number,
  failures: number,
  reason: Uint8Array | null,
  expires: number | null,
  group: Uint8Array | null,
  turn: number | null,
  meta: Uint8Array | null,
  contents: Uint8Array | null,
];

const STATES: Record<number, EventRecord["state"]> = {
  [READY]: "ready",
  [LEASED]: "processing",
  [DELAYED_LEFT]: "delayed",
  [DELAYED_RIGHT]: "delayed",
  [BLOCKED]: "blocked",
};

/**
 * Opens the store in a file. While it is open no okq can use it.
 * @throws {Error} one line: there is no store in it, or it is in use, or has another layout
 */
export function openSqliteReader(path: string): RecordReader {
  const db = openDatabase(path, true);
  db.exec("BEGIN");
  return new SqliteRecordReader(db);
}

export class SqliteRecordReader implements RecordReader {
  readonly isLocked = true;
  protected readonly db: DatabaseSync;
  protected readonly policies: PolicyTable;
  readonly #findQueue;
  readonly #remembered;
  readonly #timetable;
  readonly #timetableNames;
  readonly #event;
  readonly #inOrder;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.policies = new PolicyTable(db);
    this.#findQueue = prepare<[number]>(db, "findQueue");
    this.#remembered = prepare<[Uint8Array, number]>(db, "rememberedInOrder");
    this.#timetable = prepare<TimetableRow>(db, "timetable");
    this.#timetableNames = prepare<[queue: Uint8Array, name: Uint8Array]>(db, "timetablesOfQueue");
    this.#event = prepare<EventRow>(db, "wholeEvent");
    const orders = ["readyInOrder", "leasedInOrder", "delayedInOrder", "blockedInOrder"];
    this.#inOrder = orders.map((name) => prepare<[number]>(db, name));
  }

  inUse(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  queues(): Promise<QueueSummary[]> {
    const counts = new Map<string, number>();
    const remembered = prepare<[number]>(this.db, "rememberedIds");
    for (const name of this.policies.names()) {
      const memory = this.policies.memoryOf(keyOf(name));
      counts.set(keyOf(name), memory === null ? 0 : remembered.get(memory)![0]);
    }
    for (const statement of ["allQueues", "timetableCounts"]) {
      for (const [name, number] of prepare<[Uint8Array, number]>(this.db, statement).all()) {
        counts.set(keyOf(name), (counts.get(keyOf(name)) ?? 0) + number);
      }
    }
    const summaries = [...counts].map(([key, records]) => ({ queue: bytesOfKey(key), records, figures: `${records}` }));
    return Promise.resolve(summaries.sort((a, b) => compareBytes(a.queue, b.queue)));
  }

  records(queue: Uint8Array): AsyncIterable<QueueRecord[]> {
    return inBatches(this.#records(queue));
  }

  close(): void {
    this.db.close();
  }

  *#records(queue: Uint8Array): Generator<QueueRecord> {
    const key = keyOf(queue);
    const pausedUntil = this.policies.pausedUntil(key);
    yield {
      state: "settings",
      policy: this.policies.of(key),
      pausedUntil: pausedUntil === MAX_TIME_MS ? Infinity : pausedUntil,
    };
    yield* this.#timetables(queue);
    const [id] = this.#findQueue.get(queue) ?? [];
    if (id !== undefined) yield* this.#events(queue, id);
    const memory = this.policies.memoryOf(key);
    if (memory === null) return;
    for (const [id, dueAt] of this.#remembered.iterate(memory)) {
      yield { state: "done", id, dueAt };
    }
  }

  *#timetables(queue: Uint8Array): Generator<TimetableRecord> {
    for (const [, name] of this.#timetableNames.all(queue)) {
      const [meta, contents, , , expression, zone, group, nextAt, lastAt] = this.#timetable.get(queue, name)!;
      yield { state: "timetable", name, expression, zone, group, meta, contents, nextAt, lastAt };
    }
  }

  *#events(queue: Uint8Array, queueId: number): Generator<EventRecord> {
    const order = new DelayOrder();
    for (const statement of this.#inOrder) {
      for (const [seq] of statement.iterate(queueId)) {
        const [state, id, due, pushedAt, failures, reason, expiresAt, group, turn, meta, contents] = this.#event.get(
          seq,
        )!;
        if (contents === null) throw new QueueChanged(queue);
        yield {
          state: STATES[state],
          id,
          dueAt: state === LEASED ? due : state > LEASED ? order.next(due) : 0,
          side: state > LEASED ? state === DELAYED_LEFT ? "left" : "right" : null,
          pushedAt,
          failures,
          reason: reason ?? new Uint8Array(),
          expiresAt,
          group,
          isOutside: group !== null && turn === null,
          meta,
          contents,
        };
      }
    }
  }
}
