/**
 * The commands that treat queues as a whole, or look into them: rows of the table of commands that are fuzzed.
 *
 * @module
 */
import { partitionOf } from "../../store/partition.ts";
import type { ModelDetails } from "../../tests/support/model_queue.ts";
import { bytes, type Shown } from "../../tests/support/wire.ts";
import { type Expected, type FuzzCommand, Like } from "./fuzz_command.ts";
import {
  attempts,
  count,
  cursor,
  delay,
  destination,
  fieldLease,
  id,
  length,
  longLease,
  pauseTime,
  queue,
  state,
} from "./arguments.ts";

/** A figure that depends on the time, or on what was done before. */
export const FIGURE = new Like(
  "a whole number",
  (reply) => typeof reply === "number" && reply >= 0 && Number.isInteger(reply),
);

const NIL_OR_FIGURE = new Like("nil or a whole number", (reply) => reply === null || FIGURE.fits(reply));

/** Fields and values in the form that a connection gets them. */
function fields(protocol: 2 | 3, entries: [name: string, value: Expected][]): Expected {
  return protocol === 3 ? new Map(entries) : entries.flat();
}

const samePartition = (one: string, other: string) => partitionOf(bytes(one)) === partitionOf(bytes(other));
const elsewhere = (what: string) =>
  `-ERR ${what} is in another partition: add ':dead' to the name of the queue, or use names with the same {tag}`;

/** Whether a reply of QLIST is a first part of these events, or all of them. */
function isPart(reply: Shown, all: ModelDetails[]): boolean {
  if (!Array.isArray(reply) || reply.length !== 2 || !Array.isArray(reply[1])) return false;
  const rows = reply[1].map((row) => Array.isArray(row) ? row : []);
  const ids = new Set(rows.map(([id]) => id));
  const known = new Map(all.map((event) => [event.id, event]));
  const right = rows.every(([id, state, attempts, age, size, due]) => {
    const event = known.get(`${id}`);
    return event?.state === state && event?.attempts === attempts && event?.contents.length === size &&
      FIGURE.fits(age) && FIGURE.fits(due);
  });
  return right && ids.size === rows.length && (reply[0] !== "0" || ids.size === all.length);
}

/** All rows. */
export const QUEUE_COMMANDS: readonly FuzzCommand[] = [
  {
    name: "QCONFIG",
    sub: "GET",
    weight: 1,
    args: { queue },
    answer(model, { args: [name], protocol }) {
      const { maxAttempts, maxLength, backoffMs, backoffMaxMs, leaseMs } = model.queue(name).policy;
      return fields(protocol, [
        ["max-attempts", `${maxAttempts}`],
        ["dead-queue", `${name}:dead`],
        ["backoff", `${backoffMs / 1000}`],
        ["backoff-max", `${backoffMaxMs / 1000}`],
        ["max-length", `${maxLength}`],
        ["lease", `${leaseMs / 1000}`],
      ]);
    },
  },
  {
    name: "QCONFIG",
    sub: "SET",
    weight: 2,
    args: { queue, field: fieldLease, LEASE: longLease },
    options: {
      "MAX-ATTEMPTS": { value: attempts },
      "BACKOFF": { value: delay },
      "BACKOFF-MAX": { value: delay },
      "MAX-LENGTH": { value: length },
    },
    answer(model, { args: [name, , lease], options }) {
      if (Number(options.get("MAX-ATTEMPTS")) > 0 && !samePartition(name, `${name}:dead`)) {
        return elsewhere("dead-queue");
      }
      const { policy } = model.queue(name);
      const given = (option: string, unit: number) => {
        const value = options.get(option);
        return value === undefined ? undefined : Number(value) * unit;
      };
      model.queue(name).setPolicy({
        maxAttempts: given("MAX-ATTEMPTS", 1) ?? policy.maxAttempts,
        maxLength: given("MAX-LENGTH", 1) ?? policy.maxLength,
        backoffMs: given("BACKOFF", 1000) ?? policy.backoffMs,
        backoffMaxMs: given("BACKOFF-MAX", 1000) ?? policy.backoffMaxMs,
        leaseMs: Number(lease) * 1000,
      });
      return "+OK";
    },
  },
  {
    name: "QCONFIG",
    sub: "RESET",
    weight: 1,
    args: { queue },
    answer(model, { args: [name] }) {
      model.queue(name).setPolicy(null);
      return "+OK";
    },
  },
  {
    name: "QMOVE",
    weight: 3,
    args: { source: queue, destination },
    options: { COUNT: { value: count } },
    personal: true,
    answer(model, { args: [source, destination], options }) {
      if (source === destination) return "-ERR destination must be another queue";
      if (!samePartition(source, destination)) return elsewhere("destination");
      return model.queue(source).move(model.queue(destination), Number(options.get("COUNT") ?? Infinity));
    },
  },
  {
    name: "QPAUSE",
    weight: 1,
    args: { queue, seconds: pauseTime },
    answer(model, { args: [name] }) {
      model.queue(name).paused = true;
      return "+OK";
    },
  },
  {
    name: "QRESUME",
    weight: 2,
    args: { queue },
    answer(model, { args: [name] }) {
      model.queue(name).paused = false;
      return "+OK";
    },
  },
  {
    name: "QLIST",
    weight: 2,
    args: { queue },
    options: { STATE: { value: state }, CURSOR: { value: cursor }, COUNT: { value: count } },
    personal: true,
    answer(model, { args: [name], options }) {
      const wanted = options.get("STATE");
      const all = model.queue(name).events().filter(({ state }) => wanted === undefined || state === wanted);
      return new Like(all, (reply) => isPart(reply, all));
    },
  },
  {
    name: "QGET",
    weight: 3,
    args: { queue, eventId: id },
    answer(model, { args: [name, id], protocol }) {
      const event = model.queue(name).event(id);
      if (event === undefined) return null;
      return fields(protocol, [
        ["id", id],
        ["state", event.state],
        ["attempts", event.attempts],
        ["age", FIGURE],
        ["size", event.contents.length],
        ["due", FIGURE],
        ["ttl", NIL_OR_FIGURE],
        ["reason", event.reason],
        ["contents", event.contents],
      ]);
    },
  },
];
