/**
 * Going through the events of a queue page by page. A cursor says in which state's list the next page begins, and where:
 *
 *     r<place>-<birth>-<id>   ready: behind this event, the last shown, which stood at this place from the right
 *     p<cursor>, d<cursor>    being processed, delayed: ZSCAN's own cursor
 *
 * Each may also be a 0: the beginning. Birth and id are in hexadecimal.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { type EventInfo, type EventPage, type EventState, InvalidCursor } from "../store.ts";
import type { Batcher } from "./batching/batcher.ts";
import { LIST_DELAYED, LIST_PROCESSING, LIST_READY } from "./script/operations.ts";

const STATES: EventState[] = ["ready", "processing", "delayed"];

/** Where the list of a state begins. */
const START = "0";

/** Where a page begins: in which state, and where in its list. */
interface Place {
  state: EventState;
  from: string;
}

/**
 * One page of the events in one state or, without one, in all.
 * @throws {InvalidCursor}
 */
export async function listPage(
  lane: Batcher,
  queue: Uint8Array,
  state: EventState | undefined,
  cursor: string,
  count: number,
): Promise<EventPage> {
  const states = state === undefined ? STATES : [state];
  let place: Place | undefined = readCursor(states, cursor);
  const events: EventInfo[] = [];
  // A short page is filled from the list of the next state.
  while (place !== undefined && events.length < count) {
    const page: StatePage = await listState(lane, queue, place, count - events.length);
    events.push(...page.events);
    if (page.next !== null) return { cursor: place.state[0] + page.next, events };
    const next: EventState | undefined = states[states.indexOf(place.state) + 1];
    place = next && { state: next, from: START };
  }
  return { cursor: place ? place.state[0] + place.from : "0", events };
}

function readCursor(states: EventState[], cursor: string): Place {
  if (cursor === "0") return { state: states[0], from: START };
  const state = states.find((state) => state[0] === cursor[0]);
  if (state === undefined) throw new InvalidCursor();
  return { state, from: cursor.slice(1) };
}

/** A part of the list of a state. */
interface StatePage {
  events: EventInfo[];
  /** Where the next begins, or null if this was the last. */
  next: string | null;
}

function listState(lane: Batcher, queue: Uint8Array, { state, from }: Place, count: number): Promise<StatePage> {
  if (state === "ready") return listReady(lane, queue, from, count);
  return listScanned(lane, queue, state === "processing" ? LIST_PROCESSING : LIST_DELAYED, from, count);
}

const NOTHING = new Uint8Array();

async function listReady(lane: Batcher, queue: Uint8Array, from: string, count: number): Promise<StatePage> {
  let shownLast: [id: Uint8Array, birth: Uint8Array, place: number] = [NOTHING, NOTHING, 0];
  if (from !== START) {
    const [, place, birth, id] = /^([1-9]\d{0,15})-([0-9a-f]{18})-((?:[0-9a-f]{2}){1,1024})$/.exec(from) ?? [];
    if (place === undefined) throw new InvalidCursor();
    shownLast = [Buffer.from(id, "hex"), Buffer.from(birth, "hex"), Number(place)];
  }
  const { events, birth, place, more } = await lane.submit(LIST_READY, queue, count, ...shownLast);
  const last = events.at(-1);
  if (!more || last === undefined) return { events, next: null };
  return { events, next: `${place}-${hex(birth)}-${hex(last.id)}` };
}

async function listScanned(
  lane: Batcher,
  queue: Uint8Array,
  operation: typeof LIST_PROCESSING,
  from: string,
  count: number,
): Promise<StatePage> {
  // A cursor of ZSCAN has 64 bits.
  if (!/^\d{1,20}$/.test(from) || BigInt(from) >= 2n ** 64n) throw new InvalidCursor();
  const { events, cursor } = await lane.submit(operation, queue, count, Buffer.from(from));
  return { events, next: cursor === START ? null : cursor };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
