/**
 * The events of a queue.
 *
 * @module
 */
import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { type EventDetails, type EventInfo, InvalidCursor, type Store } from "../../store/store.ts";
import { getRoute } from "./get.ts";
import { BadRequest, idOf, numberOf, queueOf, wordOf } from "./json.ts";

/** The rest is cut off. */
const MAX_CURSOR_LENGTH = 1024;
/** Of an event's contents in JSON; `/api/contents` returns all of them. */
const MAX_SHOWN_BYTES = 64 * 1024;

/** Of the contents sent at a time. */
const CHUNK_BYTES = 64 * 1024;

/** Of contents and reason in a list. */
const GLIMPSE_BYTES = 256;

/** Contents longer than this are not read for a glimpse, so that a list never reads very much. */
const MAX_GLIMPSED_BYTES = 16 * 1024;

interface EventGlimpse extends EventInfo {
  /** Both are cut. */
  reason: Uint8Array;
  contents: Uint8Array;
}

const EMPTY = new Uint8Array();

/** A page of the events in one state; ready ones from the end where they are popped, or from the newest. */
export const events = getRoute({
  path: "/api/events",
  role: "inspect",
  async get({ params, server: { store }, user }) {
    const queue = queueOf(params.get("queue"), user);
    const state = wordOf(params.get("state"), "The state", ["ready", "processing", "delayed"]);
    const side = wordOf(params.get("side"), "The side", ["right", "left"]);
    const cursor = params.get("cursor") ?? "0";
    const count = numberOf(params.get("count") ?? 50, "The count", 1, MAX_STEP_EVENTS);
    const page = await store.list(queue, state, cursor.slice(0, MAX_CURSOR_LENGTH), count, side).catch((error) => {
      throw error instanceof InvalidCursor
        ? new BadRequest("The cursor is no longer valid: start at the first page", 410)
        : error;
    });
    return { ...page, events: await withGlimpses(store, queue, page.events) };
  },
});

/** Adds the beginning of contents and reason, which are empty if the event has gone since it was listed. */
export function withGlimpses(store: Store, queue: Uint8Array, events: EventInfo[]): Promise<EventGlimpse[]> {
  return Promise.all(events.map(async (event) => {
    const details = await store.get(queue, event.id, MAX_GLIMPSED_BYTES);
    const { reason, contents } = details ?? { reason: EMPTY, contents: EMPTY };
    return { ...event, reason: reason.subarray(0, GLIMPSE_BYTES), contents: contents.subarray(0, GLIMPSE_BYTES) };
  }));
}

/** With the beginning of its contents. The page polls with `omit=large`: no contents if they are longer than that. */
export const event = getRoute({
  path: "/api/event",
  role: "inspect",
  isLarge: true,
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
  isLarge: true,
  async get({ params, server: { store }, user }) {
    const event = await find(store, queueOf(params.get("queue"), user), idOf(params.get("id")));
    return new Response(ReadableStream.from(chunksOf(event.contents)), {
      headers: {
        "content-length": `${event.contents.length}`,
        "content-type": "application/octet-stream",
        "content-disposition": 'attachment; filename="event.bin"',
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      },
    });
  },
});

/** Copies of the parts, made as they are sent, so that the response counts until the client has it. */
function* chunksOf(contents: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  for (let from = 0; from < contents.length; from += CHUNK_BYTES) yield contents.slice(from, from + CHUNK_BYTES);
}

/** @param maxBytes of contents that are read @throws {BadRequest} if the queue does not hold the event */
async function find(store: Store, queue: Uint8Array, id: Uint8Array, maxBytes?: number): Promise<EventDetails> {
  const event = await store.get(queue, id, maxBytes);
  if (event === null) throw new BadRequest("The queue does not hold this event", 404);
  return event;
}
