/**
 * Pushes of one event, and of a batch.
 *
 * @module
 */
import { metaText } from "../../core/arguments.ts";
import { giveWay } from "../../core/util/slices.ts";
import { printable } from "../../resp/printable.ts";
import { MAX_ID_BYTES, MAX_META_BYTES, MAX_TOGETHER, MAX_TOGETHER_BYTES } from "../../store/limits.ts";
import type { Event, PushOptions } from "../../store/store.ts";
import {
  GROUP,
  oneOf,
  PATH_PARAMETERS,
  percentDecode,
  required,
  seconds,
  secondsAboveZero,
  type ValuesOf,
} from "../parameters.ts";
import { bytesOf, byteString, HttpError, JSON_FACTOR, jsonText } from "../response.ts";
import { route } from "../route.ts";
import { BINARY, jsonContent, object, STRING } from "../schemas.ts";

const OPTIONS = {
  delay: seconds("The time until the event is ready"),
  ttl: secondsAboveZero("The time after which an event that was not delivered is removed"),
  group: GROUP,
  side: oneOf(["left", "right"], "The end of the queue: left, the default, is popped last, right is popped next"),
};

const META = {
  "Okq-Meta": {
    schema: { type: "string", maxLength: 3 * MAX_META_BYTES },
    description: `Kept with the event, percent-encoded; at most ${MAX_META_BYTES} bytes without the encoding`,
  },
};

export const push = route({
  method: "POST",
  path: "/queues/{queue}/events",
  role: "produce",
  weight: "small",
  query: { id: required(PATH_PARAMETERS.id), ...OPTIONS },
  about: {
    operation: "push",
    summary: "Pushes an event",
    description:
      "After 503 with an unknown outcome, push again with the same id: 409 then means that it had been stored.",
    headers: META,
    body: { type: "application/octet-stream", schema: BINARY },
    responses: { 201: { description: "The event is stored", content: jsonContent(object({ id: STRING })) } },
    errors: [408, 409, 413, 429],
  },
  async handle({ request, path: { queue }, query, body, server: { store, waiters, maxEventBytes } }) {
    const { id, side = "left" } = query;
    const options = optionsOf(request, query);
    const contents = await body.read(maxEventBytes, "contents");
    if (!options.delayMs) waiters.expect(queue);
    if (!await store.push(queue, id, contents, side, options)) throw duplicate(id);
    return jsonText(`{"id":${JSON.stringify(byteString(id))}}`, 201);
  },
});

export const pushBatch = route({
  method: "POST",
  path: "/queues/{queue}/events:batch",
  role: "produce",
  query: OPTIONS,
  about: {
    operation: "pushBatch",
    summary: "Pushes several events in one step: all of them, or none",
    description:
      `The body has a line for each event, at most ${MAX_TOGETHER}, as in \`{"id":"1","contents":"hello"}\`.`,
    headers: META,
    body: { type: "application/jsonl", schema: { type: "string" } },
    responses: {
      201: { description: "The events are stored", content: jsonContent(object({ pushed: { type: "integer" } })) },
    },
    errors: [408, 409, 413, 429],
  },
  async handle({ request, path: { queue }, query, body, server: { store, waiters, maxEventBytes } }) {
    const options = optionsOf(request, query);
    const maxBytes = Math.max(maxEventBytes, MAX_TOGETHER_BYTES);
    const events = await readEvents(await body.read(JSON_FACTOR * maxBytes, "the request body"), maxEventBytes);
    if (events.reduce((sum, { contents }) => sum + contents.length, 0) > maxBytes) {
      throw new HttpError(413, `contents must together be at most ${maxBytes} bytes long`);
    }
    if (!options.delayMs) waiters.expect(queue, events.length);
    const id = await store.pushAll(queue, events, query.side ?? "left", options);
    if (id !== null) throw duplicate(id);
    return jsonText(`{"pushed":${events.length}}`, 201);
  },
});

function optionsOf({ headers }: Request, { delay, ttl, group }: ValuesOf<typeof OPTIONS>): PushOptions {
  const meta = headers.get("okq-meta");
  // Of other characters it could not be told which bytes they were.
  if (meta !== null && !/^[ -~]*$/.test(meta)) throw new HttpError(400, "Okq-Meta must be percent-encoded ASCII");
  return { delayMs: delay, ttlMs: ttl, group, meta: meta === null ? undefined : metaText(percentDecode(meta)) };
}

function duplicate(id: Uint8Array): HttpError {
  return new HttpError(409, `duplicate event ${printable(id)}`);
}

const NEWLINE = "\n".charCodeAt(0);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws {HttpError} that names the line */
async function readEvents(body: Uint8Array, maxEventBytes: number): Promise<Event[]> {
  const events: Event[] = [];
  const pause = giveWay();
  for (let from = 0; from < body.length;) {
    if (events.length === MAX_TOGETHER) {
      throw new HttpError(400, `too many events: a batch has at most ${MAX_TOGETHER}`);
    }
    const newline = body.indexOf(NEWLINE, from);
    const end = newline < 0 ? body.length : newline;
    events.push(readEvent(body.subarray(from, end), `line ${events.length + 1}`, maxEventBytes));
    from = end + 1;
    await pause();
  }
  if (events.length > 0) return events;
  throw new HttpError(400, "the request body must have a line of JSON for each event");
}

function readEvent(line: Uint8Array, where: string, maxEventBytes: number): Event {
  const { id, contents, ...others } = readObject(line, where);
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const shown = printable(new TextEncoder().encode(other));
    throw new HttpError(400, `${where}: unknown member '${shown}': the members are id and contents`);
  }
  const event = { id: bytesOf(id, `${where}: id`), contents: bytesOf(contents, `${where}: contents`) };
  if (event.id.length === 0 || event.id.length > MAX_ID_BYTES) {
    throw new HttpError(400, `${where}: event id must be 1 to ${MAX_ID_BYTES} bytes long`);
  }
  if (event.contents.length > maxEventBytes) {
    throw new HttpError(413, `${where}: contents must be at most ${maxEventBytes} bytes long`);
  }
  return event;
}

function readObject(line: Uint8Array, where: string): Record<string, unknown> {
  try {
    const value = JSON.parse(decoder.decode(line));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not UTF-8, or not JSON.
  }
  throw new HttpError(400, `${where} is not a JSON object`);
}
