/**
 * Lists the events of a queue page by page. A cursor is the first letter of a state and where in its list the next page
 * begins:
 *
 *     r<position>-<stamp>-<id>  ready: after this event, the last one listed, which was at this position from the end
 *                               where the list began; an empty id if the last page had no event
 *     p<cursor>, d<cursor>,     processing, delayed, blocked: the cursor of ZSCAN or HSCAN
 *     b<cursor>
 *
 * A 0 in place of what follows the letter is the beginning of the list. Stamp and id are in hexadecimal.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { type EventInfo, type EventPage, type EventState, InvalidCursor, type Side } from "../store.ts";
import type { Batcher } from "./batching/batcher.ts";
import { LIST_BLOCKED, LIST_DELAYED, LIST_PROCESSING, LIST_READY, LIST_READY_LEFT } from "./script/operations.ts";

const STATES: EventState[] = ["ready", "processing", "delayed", "blocked"];

/** Those that are listed by ZSCAN or HSCAN, in no order. */
const SCANS: Partial<Record<EventState, typeof LIST_PROCESSING>> = {
  processing: LIST_PROCESSING,
  delayed: LIST_DELAYED,
  blocked: LIST_BLOCKED,
};

/** The beginning of a list. */
const START = "0";

interface Position {
  state: EventState;
  from: string;
}

/**
 * Lists events in one state or, without a state, in all.
 * @throws {InvalidCursor}
 */
export async function listPage(
  batcher: Batcher,
  queue: Uint8Array,
  state: EventState | undefined,
  cursor: string,
  count: number,
  side: Side,
): Promise<EventPage> {
  const states = state === undefined ? STATES : [state];
  let position: Position | undefined = readCursor(states, cursor);
  const events: EventInfo[] = [];
  // The list of the next state fills a short page.
  while (position !== undefined && events.length < count) {
    const page: StatePage = await listState(batcher, queue, position, count - events.length, side);
    events.push(...page.events);
    if (page.next !== null) return { cursor: position.state[0] + page.next, events };
    const next: EventState | undefined = states[states.indexOf(position.state) + 1];
    position = next && { state: next, from: START };
  }
  return { cursor: position ? position.state[0] + position.from : "0", events };
}

function readCursor(states: EventState[], cursor: string): Position {
  if (cursor === "0") return { state: states[0], from: START };
  const state = states.find((state) => state[0] === cursor[0]);
  if (state === undefined) throw new InvalidCursor();
  return { state, from: cursor.slice(1) };
}

interface StatePage {
  events: EventInfo[];
  /** Where the next page begins, or null if this was the last. */
  next: string | null;
}

function listState(
  batcher: Batcher,
  queue: Uint8Array,
  { state, from }: Position,
  count: number,
  side: Side,
): Promise<StatePage> {
  if (state === "ready") return listReady(batcher, queue, from, count, side);
  const operation = SCANS[state];
  if (operation === undefined) return Promise.resolve({ events: [], next: null });
  return listScanned(batcher, queue, operation, from, count);
}

const EMPTY = new Uint8Array();

async function listReady(
  batcher: Batcher,
  queue: Uint8Array,
  from: string,
  count: number,
  side: Side,
): Promise<StatePage> {
  let lastListed: [id: Uint8Array, stamp: Uint8Array, position: number] = [EMPTY, EMPTY, 0];
  if (from !== START) {
    const [, position, stamp, id] = /^([1-9]\d{0,15})-([0-9a-f]{0,18})-((?:[0-9a-f]{2}){0,1024})$/.exec(from) ?? [];
    if (position === undefined) throw new InvalidCursor();
    lastListed = [Buffer.from(id, "hex"), Buffer.from(stamp, "hex"), Number(position)];
  }
  const operation = side === "right" ? LIST_READY : LIST_READY_LEFT;
  const { events, lastId, stamp, position, more } = await batcher.submit(operation, queue, count, ...lastListed);
  return { events, next: more ? `${position}-${hex(stamp)}-${hex(lastId)}` : null };
}

async function listScanned(
  batcher: Batcher,
  queue: Uint8Array,
  operation: typeof LIST_PROCESSING,
  from: string,
  count: number,
): Promise<StatePage> {
  // A cursor of ZSCAN has 64 bits.
  if (!/^\d{1,20}$/.test(from) || BigInt(from) >= 2n ** 64n) throw new InvalidCursor();
  const { events, cursor } = await batcher.submit(operation, queue, count, Buffer.from(from));
  return { events, next: cursor === START ? null : cursor };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
