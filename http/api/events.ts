/**
 * The events of a queue.
 *
 * @module
 */
import { Glob } from "../../core/util/glob.ts";
import { filterGivingWay } from "../../core/util/slices.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_ID_BYTES, MAX_STEP_EVENTS } from "../../store/limits.ts";
import { type EventDetails, type EventInfo, type EventPage, InvalidCursor, type Store } from "../../store/store.ts";
import { getRoute } from "./get.ts";
import { BadRequest, bytesOf, idOf, numberOf, queueOf, wordOf } from "./json.ts";

/** The rest is cut off. */
const MAX_CURSOR_LENGTH = 1024;
/** Of an event's contents in JSON; `/api/contents` returns all of them. */
const MAX_SHOWN_BYTES = 64 * 1024;

/** Of contents, reason and meta in a list. */
const GLIMPSE_BYTES = 256;

/** Contents longer than this are not read for a glimpse, so that a list never reads very much. */
const MAX_GLIMPSED_BYTES = 16 * 1024;

/** Events looked at in one request for those whose ids match. */
const MAX_SEARCHED = 2500;

interface EventGlimpse extends EventInfo {
  group: Uint8Array | null;
  /** This and the next ones are cut. */
  meta: Uint8Array | null;
  reason: Uint8Array;
  contents: Uint8Array;
}

const EMPTY = new Uint8Array();

/**
 * A page of the events in one state; ready ones from the end where they are popped, or from the newest. With `match`
 * only those whose ids match: none may be on a page that is not the last.
 */
export const events = getRoute({
  path: "/api/events",
  role: "inspect",
  async get({ params, server: { store }, user }) {
    const queue = queueOf(params.get("queue"), user);
    const state = wordOf(params.get("state"), "The state", ["ready", "processing", "delayed", "blocked"]);
    const side = wordOf(params.get("side"), "The side", ["right", "left"]);
    const cursor = params.get("cursor") ?? "0";
    const count = numberOf(params.get("count") ?? 50, "The count", 1, MAX_STEP_EVENTS);
    const match = params.get("match");
    const glob = match === undefined ? undefined : new Glob(keyOf(bytesOf(match, "The pattern", 0, MAX_ID_BYTES)));
    const list = (cursor: string, count: number) =>
      store.list(queue, state, cursor.slice(0, MAX_CURSOR_LENGTH), count, side).catch((error) => {
        throw error instanceof InvalidCursor
          ? new BadRequest("The cursor is no longer valid: start at the first page", 410)
          : error;
      });
    const page = glob ? await search(list, glob, cursor, count) : await list(cursor, count);
    return { ...page, events: await withGlimpses(store, queue, page.events) };
  },
});

/** Lists until there are `count` matches. The last step may add some more. */
async function search(
  list: (cursor: string, count: number) => Promise<EventPage>,
  glob: Glob,
  cursor: string,
  count: number,
): Promise<EventPage> {
  const found: EventInfo[] = [];
  for (let searched = 0; searched < MAX_SEARCHED && found.length < count; searched += count) {
    const page = await list(cursor, count);
    cursor = page.cursor;
    found.push(...await filterGivingWay(page.events, ({ id }) => glob.matches(keyOf(id))));
    if (cursor === "0") break;
  }
  return { cursor, events: found };
}

/** Adds the group, and the beginning of meta, reason and contents, which are empty if the event has gone since it was listed. */
export function withGlimpses(store: Store, queue: Uint8Array, events: EventInfo[]): Promise<EventGlimpse[]> {
  return Promise.all(events.map(async (event) => {
    const details = await store.get(queue, event.id, MAX_GLIMPSED_BYTES);
    const { group = null, meta = null, reason = EMPTY, contents = EMPTY } = details ?? {};
    const cut = (bytes: Uint8Array) => bytes.subarray(0, GLIMPSE_BYTES);
    return { ...event, group, meta: meta && cut(meta), reason: cut(reason), contents: cut(contents) };
  }));
}

/** With the beginning of its contents. The page polls with `omit=large`: no contents if they are longer than that. */
export const event = getRoute({
  path: "/api/event",
  role: "inspect",
  weight: "large",
  async get({ params, server: { store }, user }) {
    const maxBytes = params.get("omit") === "large" ? MAX_SHOWN_BYTES : undefined;
    const event = await find(store, queueOf(params.get("queue"), user), idOf(params.get("id")), maxBytes);
    return { ...event, contents: event.contents.subarray(0, MAX_SHOWN_BYTES) };
  },
});

/** A download, with headers that keep browsers from opening it. */
export const contents = getRoute({
  path: "/api/contents",
  role: "inspect",
  weight: "large",
  async get({ params, server: { store }, user, send }) {
    const event = await find(store, queueOf(params.get("queue"), user), idOf(params.get("id")));
    return new Response(send(event.contents), {
      headers: {
        "content-length": `${event.contents.length}`,
        "content-type": "application/octet-stream",
        "content-disposition": 'attachment; filename="event.bin"',
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      },
    });
  },
});

/** @param maxBytes of contents that are read @throws {BadRequest} if the queue does not hold the event */
async function find(store: Store, queue: Uint8Array, id: Uint8Array, maxBytes?: number): Promise<EventDetails> {
  const event = await store.get(queue, id, maxBytes);
  if (event === null) throw new BadRequest("The queue does not hold this event", 404);
  return event;
}
