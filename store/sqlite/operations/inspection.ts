/**
 * Shows events without delivering them.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { MAX_STEP_EVENTS } from "../../limits.ts";
import {
  type EventDetails,
  type EventInfo,
  type EventPage,
  type EventState,
  InvalidCursor,
  type Side,
} from "../../store.ts";
import { AGAIN } from "../database/group_commit.ts";
import { BLOCKED, DELAYED_LEFT, DELAYED_RIGHT, LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import type { Tables } from "../tables/tables.ts";

/** Values of `events.state`, in the order in which they are listed. */
const STATES: Record<EventState, number[]> = {
  ready: [READY],
  processing: [LEASED],
  delayed: [DELAYED_LEFT, DELAYED_RIGHT],
  blocked: [BLOCKED],
  done: [],
};

const ALL_STATES = Object.values(STATES).flat();

const NAMES = new Map(
  Object.entries(STATES).flatMap(([name, states]) => states.map((state) => [state, name as EventState])),
);

type InfoRow = [
  seq: number,
  position: number,
  state: number,
  expires: number | null,
  id: Uint8Array,
  failures: number,
  pushedAt: number,
  size: number,
  due: number,
];

type DetailsRow = [
  reason: Uint8Array | null,
  contents: Uint8Array | null,
  group: Uint8Array | null,
  meta: Uint8Array | null,
  ...InfoRow,
];

/** The last row of a page. Equal positions are listed by ascending `seq`. */
interface Cursor {
  state: number;
  position: number;
  seq: number;
}

export class Inspection {
  readonly #tables: Tables;
  readonly #atPosition;
  readonly #leftOf;
  readonly #rightOf;
  readonly #details;
  readonly #pushTime;

  constructor(db: DatabaseSync, tables: Tables) {
    this.#tables = tables;
    this.#atPosition = prepare<InfoRow>(db, "listAtPosition");
    this.#leftOf = prepare<InfoRow>(db, "listLeftOfPosition");
    this.#rightOf = prepare<InfoRow>(db, "listRightOfPosition");
    this.#details = prepare<DetailsRow>(db, "eventDetails");
    this.#pushTime = prepare<[number]>(db, "pushTimeOfRightmost");
  }

  /** Age of the right-most ready event, in ms; 0 if there is none. */
  oldestMs({ id, ready }: QueueEntry): number {
    if (ready === 0) return 0;
    this.#tables.events.flush();
    const [pushedAt] = this.#pushTime.get(id)!;
    return this.#ageOf(pushedAt);
  }

  list(
    name: Uint8Array,
    state: EventState | undefined,
    cursor: string,
    count: number,
    from: Side,
  ): EventPage | InvalidCursor {
    const states = state === undefined ? ALL_STATES : STATES[state];
    const start = cursor === "0" ? startOf(states[0]) : parseCursor(cursor);
    if (start === undefined || !states.includes(start.state)) return new InvalidCursor();
    const queue = this.#tables.queues.find(name);
    if (queue === undefined) return { cursor: "0", events: [] };
    this.#tables.events.flush();
    const events: EventInfo[] = [];
    let room = Math.max(Math.min(count, MAX_STEP_EVENTS), 1);
    let last = start;
    for (const state of states.slice(states.indexOf(start.state))) {
      const after = state === start.state ? start : startOf(state);
      const rows = state === READY && from === "left"
        ? this.#rightOf.all(queue.id, after.position === Infinity ? -MAX_POSITION : after.position, room)
        : this.#rowsAfter(queue.id, after, room);
      for (const row of rows) {
        const [seq, position, _state, expires] = row;
        if (state === LEASED || !this.#tables.clock.hasReached(expires)) events.push(this.#info(row));
        last = { state, position, seq };
      }
      room -= rows.length;
      if (room === 0) return { cursor: formatCursor(last), events };
    }
    return { cursor: "0", events };
  }

  get(name: Uint8Array, id: Uint8Array, maxBytes: number): EventDetails | null | typeof AGAIN {
    const { clock, events, queues } = this.#tables;
    const queue = queues.find(name);
    const found = queue && events.find(queue, id);
    if (!found) return this.#done(name, id);
    const [reason, contents, group, meta, ...row] = this.#details.get(found.seq)!;
    const [seq, _position, state, expires] = row;
    if (state !== LEASED && clock.hasReached(expires)) return this.#done(name, id);
    const expiresMs = expires === null ? null : Math.max(expires - clock.now, 0);
    const event = { ...this.#info(row), expiresMs, reason: reason ?? new Uint8Array(), group, meta };
    if (event.size > maxBytes) return { ...event, contents: new Uint8Array() };
    return events.mustWait(found) ? AGAIN : { ...event, contents: events.readContents(seq, contents) };
  }

  /** An id that is remembered, or null. */
  #done(name: Uint8Array, id: Uint8Array): EventDetails | null {
    const until = this.#tables.remembered.until(keyOf(name), id);
    if (until === null) return null;
    const dueMs = until - this.#tables.clock.now;
    const [reason, contents] = [new Uint8Array(), new Uint8Array()];
    const unknown = { attempts: 0, ageMs: 0, size: 0, expiresMs: null, group: null, meta: null };
    return { id: id.slice(), state: "done", dueMs, reason, contents, ...unknown };
  }

  #rowsAfter(queueId: number, { state, position, seq }: Cursor, limit: number): InfoRow[] {
    if (position === Infinity) return this.#leftOf.all(queueId, state, MAX_POSITION, limit);
    const rows = this.#atPosition.all(queueId, state, position, seq, limit);
    if (rows.length < limit) rows.push(...this.#leftOf.all(queueId, state, position, limit - rows.length));
    return rows;
  }

  #info([_seq, _position, state, _expires, id, failures, pushedAt, size, due]: InfoRow): EventInfo {
    return {
      id,
      state: NAMES.get(state)!,
      attempts: failures + (state === LEASED ? 1 : 0),
      ageMs: this.#ageOf(pushedAt),
      size,
      dueMs: state === READY || state === BLOCKED ? 0 : Math.max(due - this.#tables.clock.now, 0),
    };
  }

  /** Never negative, even if the clock was set back. */
  #ageOf(pushedAt: number): number {
    return Math.max(this.#tables.clock.now - pushedAt, 0);
  }
}

const MAX_POSITION = Number.MAX_SAFE_INTEGER;

function startOf(state: number): Cursor {
  return { state, position: Infinity, seq: 0 };
}

function formatCursor({ state, position, seq }: Cursor): string {
  return `${state}.${position.toString(36)}.${seq.toString(36)}`;
}

function parseCursor(cursor: string): Cursor | undefined {
  const parts = cursor.match(/^(-1|[0-3])\.(-?[0-9a-z]{1,11})\.([0-9a-z]{1,11})$/);
  if (parts === null) return undefined;
  const [state, position, seq] = [Number(parts[1]), parseInt(parts[2], 36), parseInt(parts[3], 36)];
  return Number.isSafeInteger(position) && Number.isSafeInteger(seq) ? { state, position, seq } : undefined;
}
