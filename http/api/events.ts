/**
 * The events of a queue.
 *
 * @module
 */
import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { type EventDetails, InvalidCursor, type Store } from "../../store/store.ts";
import { getRoute } from "./get.ts";
import { BadRequest, idOf, numberOf, queueOf, wordOf } from "./json.ts";

/** The rest is cut off. */
const MAX_CURSOR_LENGTH = 1024;
/** Of an event's contents in JSON; `/api/contents` returns all of them. */
const MAX_SHOWN_BYTES = 64 * 1024;

/** Of the contents sent at a time. */
const CHUNK_BYTES = 64 * 1024;

/** A page of the events in one state. */
export const events = getRoute({
  path: "/api/events",
  role: "inspect",
  async get({ params, server: { store }, user }) {
    const queue = queueOf(params.get("queue"), user);
    const state = wordOf(params.get("state"), "The state", ["ready", "processing", "delayed"]);
    const cursor = params.get("cursor") ?? "0";
    const count = numberOf(params.get("count") ?? 50, "The count", 1, MAX_STEP_EVENTS);
    return await store.list(queue, state, cursor.slice(0, MAX_CURSOR_LENGTH), count).catch((error) => {
      throw error instanceof InvalidCursor
        ? new BadRequest("The cursor is no longer valid: start at the first page", 410)
        : error;
    });
  },
});

export const event = getRoute({
  path: "/api/event",
  role: "inspect",
  isLarge: true,
  async get({ params, server: { store }, user }) {
    return shorten(await find(store, queueOf(params.get("queue"), user), idOf(params.get("id"))));
  },
});

/** By default the event that is popped next. */
export const peek = getRoute({
  path: "/api/peek",
  role: "inspect",
  isLarge: true,
  async get({ params, server: { store }, user }) {
    const queue = queueOf(params.get("queue"), user);
    const event = await store.peek(queue, wordOf(params.get("side"), "The side", ["right", "left"]));
    if (event === null) throw new BadRequest("The queue has no ready event", 404);
    return shorten(await find(store, queue, event.id));
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

/** @throws {BadRequest} if the queue does not hold the event */
async function find(store: Store, queue: Uint8Array, id: Uint8Array): Promise<EventDetails> {
  const event = await store.get(queue, id);
  if (event === null) throw new BadRequest("The queue does not hold this event", 404);
  return event;
}

function shorten(event: EventDetails): EventDetails {
  return { ...event, contents: event.contents.subarray(0, MAX_SHOWN_BYTES) };
}
