/**
 * Timetables, as QCRON has them.
 *
 * @module
 */
import { groupKey, metaText } from "../../core/arguments.ts";
import { logActionOf } from "../../core/operator_log.ts";
import { Schedule } from "../../core/timetables/schedule.ts";
import { readSchedule, runTimetableNow, setTimetable } from "../../core/timetables/timetables.ts";
import { printable } from "../../resp/printable.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_EXPRESSION_BYTES, MAX_META_BYTES, MAX_ZONE_BYTES } from "../../store/limits.ts";
import type { Timetable, TimetableInfo } from "../../store/store.ts";
import { type Parameter, required, wholeNumber } from "../parameters.ts";
import { bytesOf, HttpError, instantOf, json, JSON_FACTOR, readJson } from "../response.ts";
import { route } from "../route.ts";
import {
  arrayOf,
  BYTES,
  BYTES_OR_NULL,
  CHANGED,
  INSTANT,
  INTEGER,
  jsonContent,
  jsonOf,
  object,
  STRING,
} from "../schemas.ts";

const MAX_PAGE_TIMETABLES = 200;
const DEFAULT_COUNT = 50;

/** Times that a preview of an expression has. */
const NEXT_TIMES = 5;

const DEFAULT_ZONE = "UTC";

const FIELDS = {
  queue: BYTES,
  name: BYTES,
  expression: { type: "string", description: "Minute, hour, day of month, month and day of week" },
  zone: { type: "string", description: "An IANA time zone" },
  group: BYTES_OR_NULL,
  next: { ...INSTANT, description: "When the next event is pushed" },
  last: { oneOf: [INSTANT, { type: "null" }], description: "When the last event was pushed" },
  size: { type: "integer", description: "Bytes of the contents" },
};
const TIMETABLE = object({ ...FIELDS, meta: BYTES_OR_NULL, contents: BYTES });
const LIST = object({ found: INTEGER, timetables: arrayOf(object(FIELDS)) });

/** Of the body; all but the first two may be left out. */
const BODY = object(
  { expression: STRING, contents: BYTES },
  { zone: { type: "string", default: DEFAULT_ZONE }, group: BYTES_OR_NULL, meta: BYTES_OR_NULL },
);

const ONE = "/queues/{queue}/timetables/{name}";

export const timetables = route({
  method: "GET",
  path: "/timetables",
  role: "inspect",
  query: {
    from: wholeNumber(0, Number.MAX_SAFE_INTEGER, "The number of timetables to pass over"),
    count: wholeNumber(1, MAX_PAGE_TIMETABLES, `The most timetables, by default ${DEFAULT_COUNT}`),
  },
  about: {
    operation: "listTimetables",
    summary: "Lists the timetables of all queues that the user may access, sorted by queue and name",
    responses: { 200: jsonOf("A page of timetables; found is the number of all", LIST) },
  },
  async handle({ query: { from = 0, count = DEFAULT_COUNT }, server, user }) {
    const found = (await server.store.timetables()).filter(({ queue }) => user.mayAccess(queue));
    return json({ found: found.length, timetables: found.slice(from, from + count).map(infoOf) });
  },
});

export const timetablesOfQueue = route({
  method: "GET",
  path: "/queues/{queue}/timetables",
  role: "inspect",
  about: {
    operation: "listTimetablesOfQueue",
    summary: "Lists the timetables of a queue, sorted by name",
    responses: { 200: jsonOf("All of its timetables", LIST) },
  },
  async handle({ path: { queue }, server: { store } }) {
    const found = await store.timetables(queue);
    return json({ found: found.length, timetables: found.map(infoOf) });
  },
});

export const timetable = route({
  method: "GET",
  path: ONE,
  role: "inspect",
  weight: "large",
  about: {
    operation: "getTimetable",
    summary: "Returns a timetable with the contents of its events",
    responses: { 200: jsonOf("The timetable", TIMETABLE) },
    errors: [404],
  },
  async handle({ path: { queue, name }, server: { store } }) {
    const found = await store.timetable(queue, name);
    if (found === null) throw noTimetable(name);
    return json(detailsOf(found));
  },
});

export const putTimetable = route({
  method: "PUT",
  path: ONE,
  role: "admin",
  weight: "large",
  about: {
    operation: "setTimetable",
    summary: "Adds a timetable, or replaces the one of that name",
    description: "At each time of the expression an event is pushed; its id is the name, `@`, and the time in UTC.",
    body: jsonContent(BODY),
    responses: { 200: jsonOf("The timetable", TIMETABLE) },
    errors: [408, 413],
  },
  async handle({ path: { queue, name }, body, server: { store, maxEventBytes, log }, user, peer: { addr } }) {
    const maxBytes = JSON_FACTOR * (maxEventBytes + MAX_META_BYTES) + OTHER_BYTES;
    const given = readJson(await body.read(maxBytes, "the request body"), [
      ...["expression", "contents", "zone", "group", "meta"] as const,
    ]);
    const contents = bytesOf(given.contents, "contents");
    if (contents.length > maxEventBytes) {
      throw new HttpError(413, `contents must be at most ${maxEventBytes} bytes long`);
    }
    const [expression, zone] = [textOf(given.expression, "expression"), textOf(given.zone ?? DEFAULT_ZONE, "zone")];
    const group = given.group == null ? null : groupKey(bytesOf(given.group, "group"));
    const meta = given.meta == null ? null : metaText(bytesOf(given.meta, "meta"));
    const set = setTimetable(store, { queue, name, expression, zone, group, meta, contents })
      .then(() => ({ changed: 1 }));
    await logActionOf({ server: { log }, user, addr }, "set-timetable", { queue, name, expression, zone }, set);
    const found = await store.timetable(queue, name);
    if (found === null) throw noTimetable(name); // deleted meanwhile
    return json(detailsOf(found));
  },
});

export const deleteTimetable = route({
  method: "DELETE",
  path: ONE,
  role: "admin",
  about: {
    operation: "deleteTimetable",
    summary: "Deletes a timetable",
    responses: { 200: jsonOf("It was deleted", object({ changed: CHANGED })) },
    errors: [404],
  },
  async handle({ path: { queue, name }, server, user, peer: { addr } }) {
    const deleted = server.store.deleteTimetable(queue, name).then((isDeleted) => {
      if (!isDeleted) throw noTimetable(name);
      return { changed: 1 };
    });
    return json(await logActionOf({ server, user, addr }, "delete-timetable", { queue, name }, deleted));
  },
});

export const runTimetable = route({
  method: "POST",
  path: "/queues/{queue}/timetables/{name}:run",
  role: "admin",
  about: {
    operation: "runTimetable",
    summary: "Pushes the event of a timetable at once; its times stay",
    responses: { 200: jsonOf("The id of the event", object({ id: BYTES })) },
    errors: [404, 429],
  },
  async handle({ path: { queue, name }, server, user, peer: { addr } }) {
    const pushed = runTimetableNow(server.store, queue, name).then((id) => {
      if (id === null) throw noTimetable(name);
      return { id, changed: 1 };
    });
    const { id } = await logActionOf({ server, user, addr }, "run-timetable", { queue, name }, pushed);
    return json({ id });
  },
});

export const nextTimes = route({
  method: "GET",
  path: "/timetables:next",
  role: "any",
  query: {
    expression: required(textParameter(MAX_EXPRESSION_BYTES, "A cron expression")),
    zone: textParameter(MAX_ZONE_BYTES, `A time zone, by default ${DEFAULT_ZONE}`),
  },
  about: {
    operation: "nextTimes",
    summary: "Returns the next times of a cron expression",
    responses: { 200: jsonOf(`Up to ${NEXT_TIMES} times`, object({ times: arrayOf(INSTANT) })) },
  },
  async handle({ query: { expression, zone = DEFAULT_ZONE }, server: { store } }) {
    const now = await store.time();
    const schedule = readSchedule(() => new Schedule(expression, zone));
    return json({ times: schedule.nextTimes(now, NEXT_TIMES).map(instantOf) });
  },
});

/** Of the body of PUT besides contents and meta. */
const OTHER_BYTES = 16 * 1024;

function textParameter(maxLength: number, description: string): Parameter<string> {
  return { read: keyOf, required: false, schema: { type: "string", maxLength }, description };
}

/** One character per byte. */
function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return keyOf(bytesOf(value, what));
  throw new HttpError(400, `${what} must be a string`);
}

function infoOf(timetable: TimetableInfo): Record<string, unknown> {
  const { queue, name, expression, zone, group, nextAt, lastAt, size } = timetable;
  const last = lastAt === null ? null : instantOf(lastAt);
  return { queue, name, expression, zone, group, next: instantOf(nextAt), last, size };
}

function detailsOf(timetable: Timetable): Record<string, unknown> {
  const { meta, contents } = timetable;
  return { ...infoOf({ ...timetable, size: contents.length }), meta, contents };
}

function noTimetable(name: Uint8Array): HttpError {
  return new HttpError(404, `there is no timetable ${printable(name)}`);
}
