/**
 * The events of a queue: listed, and one with its contents.
 *
 * @module
 */
import { filterGivingWay } from "../../core/util/slices.ts";
import type { Glob } from "../../core/util/glob.ts";
import { printable } from "../../resp/printable.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_ID_BYTES, MAX_STEP_EVENTS } from "../../store/limits.ts";
import { type EventDetails, type EventInfo, type EventPage, InvalidCursor, type Store } from "../../store/store.ts";
import { glob, oneOf, type Parameter, wholeNumber } from "../parameters.ts";
import { beginningOf, HttpError, json, secondsOf } from "../response.ts";
import { route } from "../route.ts";
import { arrayOf, BINARY, BYTES, BYTES_OR_NULL, jsonOf, object, SECONDS_OR_NULL, STRING } from "../schemas.ts";

/** The rest of a cursor is cut off. */
const MAX_CURSOR_LENGTH = 1024;
/** Of an event's contents in JSON; the route of the contents returns all of them. */
const MAX_SHOWN_BYTES = 64 * 1024;

/** Of contents, reason and meta in a list. */
const GLIMPSE_BYTES = 256;

/** Contents longer than this are not read for a glimpse, so that a list never reads very much. */
const MAX_GLIMPSED_BYTES = 16 * 1024;

/** Events looked at in one request for those whose ids match. */
const MAX_SEARCHED = 2500;

const DEFAULT_COUNT = 50;

const EMPTY = new Uint8Array();

const STATES = ["ready", "processing", "delayed", "blocked"] as const;

const EVENT = {
  id: BYTES,
  state: { type: "string", enum: [...STATES, "done"] },
  attempts: { type: "integer", description: "Deliveries, the current one included" },
  age: { type: "number", description: "Seconds since the push" },
  size: { type: "integer", description: "Bytes of the contents" },
  due: { type: "number", description: "Seconds until the lease or delay ends, or the id of a done event is forgotten" },
  group: BYTES_OR_NULL,
  meta: BYTES_OR_NULL,
  reason: { ...BYTES, description: "Of the last failed delivery" },
  contents: BYTES,
};

/** An event in a list. */
export const GLIMPSE = object(EVENT);

const CURSOR: Parameter<string> = {
  read: (bytes) => keyOf(bytes.subarray(0, MAX_CURSOR_LENGTH)),
  required: false,
  schema: { type: "string", default: "0" },
  description: "That of the page before, which began at the same end; 0, the default, for the first page",
};

export const events = route({
  method: "GET",
  path: "/queues/{queue}/events",
  role: "inspect",
  query: {
    state: oneOf(STATES, "The state of the events; by default all states"),
    from: oneOf(["right", "left"], "The end of the queue that comes first: right, the default, is popped next"),
    cursor: CURSOR,
    count: wholeNumber(1, MAX_STEP_EVENTS, `About how many events, by default ${DEFAULT_COUNT}`),
    match: glob("ids", MAX_ID_BYTES),
  },
  about: {
    operation: "listEvents",
    summary: "Lists the events of a queue page by page",
    description: "Group, meta and reason are there; meta, reason and contents are cut to their first " +
      `${GLIMPSE_BYTES} bytes, and contents of more than ${MAX_GLIMPSED_BYTES} bytes are left out. ` +
      'The last page has the cursor "0". With `match` any page may be empty.',
    responses: { 200: jsonOf("A page", object({ cursor: STRING, events: arrayOf(GLIMPSE) })) },
    errors: [410],
  },
  async handle({ path: { queue }, query, server: { store } }) {
    const { state, from = "right", cursor = "0", count = DEFAULT_COUNT, match } = query;
    const list = (cursor: string, count: number) =>
      store.list(queue, state, cursor, count, from).catch((error) => {
        throw error instanceof InvalidCursor ? new HttpError(410, "invalid cursor: start at the first page") : error;
      });
    const page = match ? await search(list, match, cursor, count) : await list(cursor, count);
    return json({ cursor: page.cursor, events: await withGlimpses(store, queue, page.events) });
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

/** Events in JSON; what was not listed with them is empty if an event has gone since. */
export function withGlimpses(store: Store, queue: Uint8Array, events: EventInfo[]): Promise<unknown[]> {
  return Promise.all(events.map(async (event) => {
    const details = await store.get(queue, event.id, MAX_GLIMPSED_BYTES);
    const { group = null, meta = null, reason = EMPTY, contents = EMPTY } = details ?? {};
    const cut = (bytes: Uint8Array) => beginningOf(bytes, GLIMPSE_BYTES);
    return { ...infoOf(event), group, meta: meta && cut(meta), reason: cut(reason), contents: cut(contents) };
  }));
}

export const event = route({
  method: "GET",
  path: "/queues/{queue}/events/{id}",
  role: "inspect",
  weight: "large",
  query: { omit: oneOf(["large"], `Leaves contents of more than ${MAX_SHOWN_BYTES} bytes out: they are null`) },
  about: {
    operation: "getEvent",
    summary: "Returns an event with all its fields",
    description: `Of the contents only the first ${MAX_SHOWN_BYTES} bytes. A done event is one whose id is remembered.`,
    responses: { 200: jsonOf("The event", object({ ...EVENT, ttl: SECONDS_OR_NULL, contents: BYTES_OR_NULL })) },
    errors: [404],
  },
  async handle({ path: { queue, id }, query: { omit }, server: { store } }) {
    const event = await find(store, queue, id, omit === "large" ? MAX_SHOWN_BYTES : undefined);
    const { expiresMs, group, meta, reason, contents, size } = event;
    return json({
      ...infoOf(event),
      ttl: expiresMs === null ? null : secondsOf(expiresMs),
      group,
      meta,
      reason,
      contents: omit === "large" && size > MAX_SHOWN_BYTES ? null : beginningOf(contents, MAX_SHOWN_BYTES),
    });
  },
});

/** A download, with headers that keep browsers from opening it. */
export const contents = route({
  method: "GET",
  path: "/queues/{queue}/events/{id}/contents",
  role: "inspect",
  weight: "large",
  about: {
    operation: "getContents",
    summary: "Returns the contents of an event as they are",
    responses: { 200: { description: "The contents", content: { type: "application/octet-stream", schema: BINARY } } },
    errors: [404],
  },
  async handle({ path: { queue, id }, server: { store }, send }) {
    const { contents } = await find(store, queue, id);
    return new Response(send(contents), {
      headers: {
        "content-length": `${contents.length}`,
        "content-type": "application/octet-stream",
        "content-disposition": 'attachment; filename="event.bin"',
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      },
    });
  },
});

/** @param maxBytes of contents that are read @throws {HttpError} if the queue does not hold the event */
async function find(store: Store, queue: Uint8Array, id: Uint8Array, maxBytes?: number): Promise<EventDetails> {
  const event = await store.get(queue, id, maxBytes);
  if (event === null) throw new HttpError(404, `the queue does not hold event ${printable(id)}`);
  return event;
}

function infoOf({ id, state, attempts, ageMs, size, dueMs }: EventInfo): Record<string, unknown> {
  return { id, state, attempts, age: secondsOf(ageMs), size, due: secondsOf(dueMs) };
}
