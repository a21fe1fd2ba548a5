/**
 * The fuzzed commands that act on whole queues or inspect them.
 *
 * @module
 */
import { partitionOf } from "../../store/partition.ts";
import type { ModelDetails } from "../../tests/support/model_queue.ts";
import { bytes, type Shown } from "../../tests/support/wire.ts";
import * as arg from "./arguments.ts";
import { done, type Expected, type FuzzCommand, Like } from "./fuzz_command.ts";

/** A number that depends on the time or on earlier commands. */
export const NUMBER = new Like("a whole number", (reply) => Number.isInteger(reply) && Number(reply) >= 0);

const NIL_OR_NUMBER = new Like("nil or a whole number", (reply) => reply === null || NUMBER.matches(reply));

/** A map in RESP3, an array of names and values in RESP2. */
function fields(protocol: 2 | 3, entries: Record<string, Expected>): Expected {
  return protocol === 3 ? new Map(Object.entries(entries)) : Object.entries(entries).flat();
}

const samePartition = (a: string, b: string) => partitionOf(bytes(a)) === partitionOf(bytes(b));
const partitionError = (what: string) =>
  `-ERR ${what} is in another partition: add ':dead' to the name of the queue, or use names with the same {tag}`;

/** Whether a reply of QLIST has some of these events, or all if its cursor is 0. */
function isPage(reply: Shown, events: ModelDetails[]): boolean {
  if (!Array.isArray(reply) || reply.length !== 2 || !Array.isArray(reply[1])) return false;
  const rows = reply[1].map((row) => Array.isArray(row) ? row : []);
  const ids = new Set(rows.map(([id]) => id));
  const byId = new Map(events.map((event) => [event.id, event]));
  const right = rows.every(([id, state, attempts, age, size, due]) => {
    const event = byId.get(`${id}`);
    return event?.state === state && event?.attempts === attempts && event?.contents.length === size &&
      NUMBER.matches(age) && NUMBER.matches(due);
  });
  return right && ids.size === rows.length && (reply[0] !== "0" || ids.size === events.length);
}

/** What is known of an event that is done. */
const DONE: Omit<ModelDetails, "id"> = { state: "done", attempts: 0, reason: "", contents: "" };

const QUEUE = { queue: arg.queue };

export const QUEUE_COMMANDS: readonly FuzzCommand[] = [
  {
    name: "QCONFIG",
    sub: "GET",
    weight: 1,
    args: QUEUE,
    answer({ queue: { policy }, args: [name], protocol }) {
      return fields(protocol, {
        "max-attempts": `${policy.maxAttempts}`,
        "dead-queue": `${name}:dead`,
        "backoff": `${policy.backoffMs / 1000}`,
        "backoff-max": `${policy.backoffMaxMs / 1000}`,
        "max-length": `${policy.maxLength}`,
        "lease": `${policy.leaseMs / 1000}`,
        "group-limit": `${policy.groupLimit}`,
        "remember": `${policy.rememberMs / 1000}`,
        "max-processing": `${policy.maxProcessing}`,
        "rate": `${policy.rate}`,
      });
    },
  },
  {
    name: "QCONFIG",
    sub: "SET",
    weight: 2,
    args: { ...QUEUE, field: arg.leaseField, LEASE: arg.longLease },
    options: {
      "MAX-ATTEMPTS": { value: arg.attempts },
      "BACKOFF": { value: arg.delay },
      "BACKOFF-MAX": { value: arg.delay },
      "MAX-LENGTH": { value: arg.length },
      "MAX-PROCESSING": { value: arg.maxProcessing },
      "RATE": { value: arg.rate },
    },
    answer(request) {
      const { queue, args: [name, , lease] } = request;
      const { policy } = queue;
      const maxAttempts = request.number("MAX-ATTEMPTS");
      if (maxAttempts && !samePartition(name, `${name}:dead`)) return partitionError("dead-queue");
      queue.setPolicy({
        maxAttempts: maxAttempts ?? policy.maxAttempts,
        maxLength: request.number("MAX-LENGTH") ?? policy.maxLength,
        backoffMs: request.number("BACKOFF", 1000) ?? policy.backoffMs,
        backoffMaxMs: request.number("BACKOFF-MAX", 1000) ?? policy.backoffMaxMs,
        leaseMs: Number(lease) * 1000,
        maxProcessing: request.number("MAX-PROCESSING") ?? policy.maxProcessing,
        rate: request.number("RATE") ?? policy.rate,
      });
      return "+OK";
    },
  },
  {
    name: "QCONFIG",
    sub: "RESET",
    weight: 1,
    args: { queue: arg.resettable },
    answer: done(({ queue }) => queue.setPolicy(null)),
  },
  {
    name: "QMOVE",
    weight: 3,
    args: { source: arg.queue, destination: arg.destination },
    options: { COUNT: { value: arg.count } },
    personal: true,
    answer(request) {
      const { model, queue, args: [source, destination] } = request;
      if (source === destination) return "-ERR destination must be another queue";
      if (!samePartition(source, destination)) return partitionError("destination");
      return queue.move(model.queue(destination), request.number("COUNT") ?? Infinity);
    },
  },
  {
    name: "QPAUSE",
    weight: 1,
    args: { ...QUEUE, seconds: arg.pauseTime },
    answer: done(({ queue }) => queue.paused = true),
  },
  { name: "QRESUME", weight: 2, args: QUEUE, answer: done(({ queue }) => queue.paused = false) },
  {
    name: "QCRON",
    sub: "SET",
    weight: 2,
    args: { ...QUEUE, name: arg.timetable, expression: arg.expression, contents: arg.contents },
    options: { TZ: { value: arg.zone }, GROUP: { value: arg.group }, META: { value: arg.meta } },
    answer({ queue, args: [, name, expression], options }) {
      queue.timetables.set(name, [expression.trim().split(/\s+/).join(" "), options.get("TZ") ?? "UTC"]);
      return "+OK";
    },
  },
  {
    name: "QCRON",
    sub: "DEL",
    weight: 1,
    args: { ...QUEUE, name: arg.timetable },
    answer: ({ queue, args: [, name] }) => queue.timetables.delete(name) ? 1 : 0,
  },
  {
    name: "QCRON",
    sub: "LIST",
    weight: 2,
    args: QUEUE,
    answer: ({ queue, args: [name] }) =>
      [...queue.timetables].sort().map(([timetable, rule]) => [name, timetable, ...rule, NUMBER, null]),
  },
  {
    name: "QLIST",
    weight: 2,
    args: QUEUE,
    options: {
      STATE: { value: arg.state },
      CURSOR: { value: arg.cursor },
      COUNT: { value: arg.count },
      MATCH: { value: arg.pattern },
    },
    personal: true,
    answer({ queue, options }) {
      const wanted = options.get("STATE");
      const isMatch = arg.PATTERNS[options.get("MATCH") ?? "*"];
      const events = queue.events().filter(({ id, state }) =>
        (wanted === undefined || state === wanted) && isMatch(id)
      );
      return new Like(events, (reply) => isPage(reply, events));
    },
  },
  {
    name: "QGET",
    weight: 3,
    args: { ...QUEUE, eventId: arg.id },
    answer({ queue, args: [, id], protocol }) {
      const event = queue.event(id);
      if (event === undefined && !queue.remembers(id)) return null;
      const { state, attempts, reason, contents, group = null, meta = null } = event ?? DONE;
      return fields(protocol, {
        ...{ id, state, attempts, age: NUMBER, size: contents.length, due: NUMBER, ttl: NIL_OR_NUMBER },
        ...{ reason, group, meta, contents },
      });
    },
  },
];
