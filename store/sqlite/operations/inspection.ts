/**
 * Looks at the events of a queue that take none of them.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { MAX_STEP_EVENTS } from "../../limits.ts";
import { type EventDetails, type EventInfo, type EventPage, type EventState, InvalidCursor } from "../../store.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, type EventTable, LEASED, READY } from "../tables/event_table.ts";
import { prepare } from "../database/statements.ts";

/** Which values of `events.state` a list of one state goes through, one after the other. */
const STATES: Record<EventState, number[]> = {
  ready: [READY],
  processing: [LEASED],
  delayed: [DELAYED_LEFT, DELAYED_RIGHT],
};

const ALL_STATES = Object.values(STATES).flat();

type InfoRow = [
  seq: number,
  place: number,
  id: Uint8Array,
  state: number,
  failures: number,
  arrived: number,
  size: number,
  due: number,
  expires: number | null,
];

type DetailsRow = [...InfoRow, reason: Uint8Array | null, contents: Uint8Array];

/** The last row that a page has shown. Of equal places the row with the smaller seq comes first. */
interface Position {
  state: number;
  place: number;
  seq: number;
}

/** What operators see. */
export class Inspection {
  readonly #rows: EventTable;
  readonly #atPlace;
  readonly #below;
  readonly #details;
  readonly #arrived;

  constructor(db: DatabaseSync, rows: EventTable) {
    this.#rows = rows;
    this.#atPlace = prepare<InfoRow>(db, "listAtPlace");
    this.#below = prepare<InfoRow>(db, "listBelowPlace");
    this.#details = prepare<DetailsRow>(db, "detailsOfEvent");
    this.#arrived = prepare<[number]>(db, "arrivalOfRightmost");
  }

  /** How long ago the right-most of the ready events was pushed, in ms; 0 if there is none. */
  oldestMs({ id, ready }: QueueEntry): number {
    if (ready === 0) return 0;
    this.#rows.flush();
    return this.#ageOf(this.#arrived.get(id)![0]);
  }

  /** A page of a queue, or what is wrong with the cursor. */
  list(name: Uint8Array, state: EventState | undefined, cursor: string, count: number): EventPage | InvalidCursor {
    const states = state === undefined ? ALL_STATES : STATES[state];
    const from = cursor === "0" ? { state: states[0], place: Infinity, seq: 0 } : positionOf(cursor);
    if (from === undefined || !states.includes(from.state)) return new InvalidCursor();
    const queue = this.#rows.queues.find(name);
    if (queue === undefined) return { cursor: "0", events: [] };
    this.#rows.flush();
    const events: EventInfo[] = [];
    let room = Math.max(Math.min(count, MAX_STEP_EVENTS), 1);
    let last: Position = from;
    for (const state of states.slice(states.indexOf(from.state))) {
      const shown = this.#after(queue.id, state === from.state ? from : { state, place: Infinity, seq: 0 }, room);
      for (const row of shown) if (state === LEASED || !this.#rows.isExpired(row[8])) events.push(this.#info(row));
      room -= shown.length;
      if (shown.length > 0) last = { state, place: shown.at(-1)![1], seq: shown.at(-1)![0] };
      if (room === 0) return { cursor: cursorOf(last), events };
    }
    return { cursor: "0", events };
  }

  /** All of an event, or null. */
  get(name: Uint8Array, id: Uint8Array): EventDetails | null {
    const rows = this.#rows;
    const queue = rows.queues.find(name);
    const found = queue && rows.find(queue, id);
    if (!found) return null;
    const row = this.#details.get(found.seq)!;
    const [, , , , , , , , expires, reason, contents] = row;
    if (found.state !== LEASED && rows.isExpired(expires)) return null;
    const expiresMs = expires === null ? null : Math.max(expires - rows.now, 0);
    return { ...this.#info(row), expiresMs, reason: reason ?? new Uint8Array(), contents };
  }

  #after(queueId: number, { state, place, seq }: Position, limit: number): InfoRow[] {
    if (place === Infinity) return this.#below.all(queueId, state, LAST_PLACE, limit);
    const same = this.#atPlace.all(queueId, state, place, seq, limit);
    return same.length === limit ? same : [...same, ...this.#below.all(queueId, state, place, limit - same.length)];
  }

  #info([, , id, state, failures, arrived, size, due]: InfoRow | DetailsRow): EventInfo {
    return {
      id,
      state: state === READY ? "ready" : state === LEASED ? "processing" : "delayed",
      attempts: failures + (state === LEASED ? 1 : 0),
      ageMs: this.#ageOf(arrived),
      size,
      dueMs: state === READY ? 0 : Math.max(due - this.#rows.now, 0),
    };
  }

  /** A clock that was set back makes nobody younger than nothing. */
  #ageOf(arrived: number): number {
    return Math.max(this.#rows.now - arrived, 0);
  }
}

/** Greater than any place. */
const LAST_PLACE = Number.MAX_SAFE_INTEGER;

function cursorOf({ state, place, seq }: Position): string {
  return `${state}.${place.toString(36)}.${seq.toString(36)}`;
}

function positionOf(cursor: string): Position | undefined {
  const parts = cursor.match(/^([0-3])\.(-?[0-9a-z]{1,11})\.([0-9a-z]{1,11})$/);
  if (parts === null) return undefined;
  const [state, place, seq] = [Number(parts[1]), parseInt(parts[2], 36), parseInt(parts[3], 36)];
  return Number.isSafeInteger(place) && Number.isSafeInteger(seq) ? { state, place, seq } : undefined;
}
