/**
 * Sets timetables, and pushes their events at their times.
 *
 * @module
 */
import { concatBytes, keyOf } from "../../store/bytes.ts";
import { MAX_TIMETABLES } from "../../store/limits.ts";
import type { DueTimetable, FireResult, Store, Timetable } from "../../store/store.ts";
import { CommandError } from "../command_spec.ts";
import type { Log } from "../log.ts";
import { InvalidSchedule, Schedule } from "./schedule.ts";

/** Timetables whose events are pushed together: their contents may be large. */
const MAX_CONCURRENT = 8;

/** Lines about times that were passed over, in one run. The others are counted. */
const MAX_LINES = 20;

/**
 * Reads a schedule that a client gave.
 * @throws {CommandError} for what {@linkcode Schedule} refuses
 */
export function readSchedule<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidSchedule ? new CommandError(`ERR ${error.message}`) : error;
  }
}

/**
 * Adds or replaces a timetable.
 * @throws {CommandError} for its expression or zone, or if the queue has as many as it may
 */
export async function setTimetable(store: Store, timetable: Omit<Timetable, "nextAt" | "lastAt">): Promise<void> {
  const schedule = readSchedule(() => new Schedule(timetable.expression, timetable.zone));
  const now = await store.time();
  const nextAt = readSchedule(() => schedule.next(now));
  if (await store.setTimetable({ ...timetable, expression: schedule.expression, nextAt, lastAt: null })) return;
  throw new CommandError(`ERR too many timetables: a queue has at most ${MAX_TIMETABLES}`);
}

/**
 * Pushes the event of a timetable at once; its times stay. Resolves to the id, or to null if there is no such
 * timetable.
 * @throws {QueueFull}
 */
export async function runTimetableNow(store: Store, queue: Uint8Array, name: Uint8Array): Promise<Uint8Array | null> {
  const timetable = await store.timetable(queue, name);
  if (timetable === null) return null;
  const id = eventIdOf(name, new Date(await store.time()).toISOString());
  const { contents, group, meta } = timetable;
  await store.push(queue, id, contents, "left", { group: group ?? undefined, meta: meta ?? undefined });
  return id;
}

/** The job of each instance. They may all run at once: the store has each time pushed once. */
export class TimetableJob {
  readonly #store: Store;
  readonly #log: Log;
  /** The minute of the store in which everything due was pushed. */
  #doneMinute = NaN;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * Pushes what is due, if the store's clock has reached another minute: only then can anything be due. Of several
   * times that were missed, the last one counts.
   */
  async run(): Promise<void> {
    const { minute } = this.#store;
    if (minute === this.#doneMinute) return;
    const skipped: Skipped = new Map();
    const errors: unknown[] = [];
    while (await this.#runStep(skipped, errors));
    this.#logSkipped([...skipped.values()]);
    if (errors.length > 0) throw errors[0];
    this.#doneMinute = minute;
  }

  /** Returns whether there may be more to do. One that fails does not stop the others. */
  async #runStep(skipped: Skipped, errors: unknown[]): Promise<boolean> {
    const due = await this.#store.dueTimetables();
    let anyDone = false;
    const fire = (timetable: DueTimetable) =>
      this.#fire(timetable, skipped).then((done) => anyDone ||= done, (error) => errors.push(error));
    while (due.length > 0) await Promise.all(due.splice(0, MAX_CONCURRENT).map(fire));
    return anyDone;
  }

  /** Returns whether it is no longer due. */
  async #fire({ queue, name, expression, zone, nextAt, now }: DueTimetable, skipped: Skipped): Promise<boolean> {
    const entry = { queue, timetable: name, expression, zone };
    const skip = (time: string, reason: string) =>
      skipped.set(`${keyOf(queue)} ${keyOf(name)}`, { ...entry, time, reason });
    try {
      const { last, next } = new Schedule(expression, zone).around(nextAt, now);
      const time = timeText(last);
      const result = await this.#store.fireTimetable(queue, name, nextAt, eventIdOf(name, time), next);
      if (REASONS[result] !== undefined) skip(time, REASONS[result]);
      return true;
    } catch (error) {
      // An okq of another version has set it, and will push its event.
      if (!(error instanceof InvalidSchedule)) throw error;
      skip(timeText(nextAt), error.message);
      return false;
    }
  }

  #logSkipped(skipped: LogEntry[]): void {
    for (const entry of skipped.slice(0, MAX_LINES)) this.#log.warn("Passed over a time of a timetable", { ...entry });
    const further = skipped.length - MAX_LINES;
    if (further > 0) this.#log.warn("Passed over times of further timetables", { timetables: further });
  }
}

interface LogEntry extends Pick<DueTimetable, "queue" | "expression" | "zone"> {
  timetable: Uint8Array;
  time: string;
  reason: string;
}

/** By queue and name. */
type Skipped = Map<string, LogEntry>;

const REASONS: Partial<Record<FireResult, string>> = {
  duplicate: "the queue holds or remembers the id",
  full: "the queue is full",
};

/** RFC 3339, without milliseconds. */
function timeText(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

function eventIdOf(name: Uint8Array, time: string): Uint8Array {
  return concatBytes(name, encoder.encode(`@${time}`));
}

const encoder = new TextEncoder();
