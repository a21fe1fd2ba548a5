/**
 * Timetables, in the current transaction.
 *
 * They follow the host's clock, also when it is set: leases do not.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { MAX_TIMETABLES } from "../../limits.ts";
import { type DueTimetable, type FireResult, QueueFull, type Timetable, type TimetableInfo } from "../../store.ts";
import { prepare } from "../database/statements.ts";
import type { EventOperations } from "./events.ts";

type InfoRow = [
  queue: Uint8Array,
  name: Uint8Array,
  expression: string,
  zone: string,
  group: Uint8Array | null,
  nextAt: number,
  lastAt: number | null,
  size: number,
];

/** As `timetable` returns it. */
export type TimetableRow = [meta: Uint8Array | null, contents: Uint8Array, ...InfoRow];

type DueRow = [queue: Uint8Array, name: Uint8Array, expression: string, zone: string, nextAt: number];

export class TimetableOperations {
  readonly #events: EventOperations;
  readonly #save;
  readonly #others;
  readonly #delete;
  readonly #get;
  readonly #after;
  readonly #ofQueue;
  readonly #queues;
  readonly #due;
  readonly #setTimes;

  constructor(db: DatabaseSync, events: EventOperations) {
    this.#events = events;
    this.#save = prepare(db, "saveTimetable");
    this.#others = prepare<[number]>(db, "otherTimetables");
    this.#delete = prepare(db, "deleteTimetable");
    this.#get = prepare<TimetableRow>(db, "timetable");
    this.#after = prepare<InfoRow>(db, "timetablesAfter");
    this.#ofQueue = prepare<InfoRow>(db, "timetablesOfQueue");
    this.#queues = prepare<[Uint8Array]>(db, "queuesWithTimetables");
    this.#due = prepare<DueRow>(db, "dueTimetables");
    this.#setTimes = prepare(db, "setTimes");
  }

  set({ queue, name, expression, zone, group, meta, nextAt, lastAt, contents }: Timetable): boolean {
    const [others] = this.#others.get(queue, name)!;
    if (others >= MAX_TIMETABLES) return false;
    this.#save.run(queue, name, expression, zone, group, meta, nextAt, lastAt, contents);
    return true;
  }

  delete(queue: Uint8Array, name: Uint8Array): boolean {
    return this.#delete.run(queue, name).changes > 0;
  }

  get(queue: Uint8Array, name: Uint8Array): Timetable | null {
    const row = this.#get.get(queue, name);
    if (row === undefined) return null;
    const [meta, contents, ...rest] = row;
    const { size: _size, ...timetable } = info(rest);
    return { ...timetable, meta, contents };
  }

  /** By name. */
  ofQueue(queue: Uint8Array): TimetableInfo[] {
    return this.#ofQueue.all(queue).map(info);
  }

  /** Some that follow in the order of queues and names; fewer than `max` are the last ones. */
  after(queue: Uint8Array, name: Uint8Array, max: number): TimetableInfo[] {
    return this.#after.all(queue, name, max).map(info);
  }

  /** Some queues with timetables that have greater names; fewer than `max` are the last ones. */
  queuesAfter(queue: Uint8Array, max: number): Uint8Array[] {
    return this.#queues.all(queue, max).map(([name]) => name);
  }

  due(max: number): DueTimetable[] {
    const now = Date.now();
    return this.#due.all(now, max).map(([queue, name, expression, zone, nextAt]) => {
      return { queue, name, expression, zone, nextAt, now };
    });
  }

  fire(queue: Uint8Array, name: Uint8Array, dueAt: number, id: Uint8Array, nextAt: number): FireResult {
    const timetable = this.get(queue, name);
    if (timetable?.nextAt !== dueAt) return "changed";
    const { contents, group, meta } = timetable;
    const pushed = this.#events.push(queue, id, contents, "left", {
      group: group ?? undefined,
      meta: meta ?? undefined,
    });
    this.#setTimes.run(queue, name, nextAt, pushed === true ? Date.now() : null);
    if (pushed instanceof QueueFull) return "full";
    return pushed ? "pushed" : "duplicate";
  }
}

function info([queue, name, expression, zone, group, nextAt, lastAt, size]: InfoRow): TimetableInfo {
  return { queue, name, expression, zone, group, nextAt, lastAt, size };
}
