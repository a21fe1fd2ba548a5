/**
 * The commands that are fuzzed beside the model. A test checks that no command on queues is missing.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { canBeDeadQueue } from "../../store/policy.ts";
import type { Side } from "../../store/store.ts";
import { type ModelEvent, ModelQueue } from "../../tests/support/model_queue.ts";
import { bytes, type Shown } from "../../tests/support/wire.ts";
import * as arg from "./arguments.ts";
import { done, type Expected, type FuzzCommand, Like, OneOf, type Request } from "./fuzz_command.ts";
import { NUMBER, QUEUE_COMMANDS } from "./queue_commands.ts";

const QUEUE = { queue: arg.queue };
const QUEUES = { queue: arg.queues };
const EVENT = { queue: arg.queue, eventId: arg.id };
const RECEIPT = { value: arg.invalidReceipt };

const shown = (event: ModelEvent | undefined): Shown => event ? [...event] : null;

const PUSH_OPTIONS = {
  DELAY: { value: arg.delay },
  TTL: { value: arg.ttl },
  GROUP: { value: arg.group },
  META: { value: arg.meta },
};

const pushOptions = (request: Request) => ({
  delayMs: request.number("DELAY"),
  group: request.options.get("GROUP"),
  meta: request.options.get("META"),
});

const duplicateError = (id: string) => `-ERR duplicate event ${printable(bytes(id))}`;

/** Each two words, in pairs. */
const inPairs = (words: string[]) =>
  Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i], words[2 * i + 1]] as const);

function push(name: string, side: Side): FuzzCommand {
  return {
    name,
    weight: 8,
    args: { ...EVENT, contents: arg.contents },
    options: { NOBLOCK: { background: true }, ...PUSH_OPTIONS },
    answer(request) {
      const { queue, args: [, id, contents], options } = request;
      const duplicate = queue.takes(id);
      const full = !duplicate && queue.full;
      if (!duplicate && !full) queue.push(id, contents, side, pushOptions(request));
      if (options.has("NOBLOCK")) return "+OK";
      return duplicate ? duplicateError(id) : full ? "-ERR queue full" : "+OK";
    },
  };
}

function peek(name: string, side: Side): FuzzCommand {
  return { name, weight: 2, args: QUEUE, answer: ({ queue }) => shown(queue.peek(side)) };
}

/** The place of the receipt in a row of QCLAIM. */
const RECEIPT_INDEX = 4;

/** Whether a reply of QCLAIM has these rows, each with a receipt. */
function hasRows(reply: Shown, expected: Shown[][]): boolean {
  if (!Array.isArray(reply)) return false;
  const rows = reply.map((row) => Array.isArray(row) ? row : []);
  return rows.every((row) => typeof row[RECEIPT_INDEX] === "string" && row[RECEIPT_INDEX] !== "") &&
    JSON.stringify(rows.map((row) => row.toSpliced(RECEIPT_INDEX, 1))) === JSON.stringify(expected);
}

/** The counts of QSTATUS and QINFO. */
function status({ model }: Request, name: string, separator: string): string {
  const { total, processing } = model.queue(name);
  return [name, `total: ${total}`, `processing: ${processing}`, `consumers: ${model.consumers(name)}`].join(separator);
}

export const FUZZED: readonly FuzzCommand[] = [
  push("QLPUSH", "left"),
  push("QRPUSH", "right"),
  {
    name: "QMPUSH",
    weight: 4,
    args: { ...QUEUE, events: arg.events },
    options: { RIGHT: {}, ...PUSH_OPTIONS },
    behind: "EVENTS",
    before: 1,
    answer(request) {
      const { queue, args: [, ...words], options } = request;
      const events = inPairs(words);
      const side = options.has("RIGHT") ? "right" : "left";
      const trial = new ModelQueue(queue);
      const refused = trial.pushAll(events, side, pushOptions(request));
      if (refused !== null) return duplicateError(refused);
      const { maxLength } = queue.policy;
      if (maxLength > 0 && trial.total > maxLength) return "-ERR queue full";
      queue.pushAll(events, side, pushOptions(request));
      return "+OK";
    },
  },
  { name: "QMACK", weight: 2, args: { ...QUEUE, deliveries: arg.deliveries }, answer: () => 0 },
  peek("QLPEEK", "left"),
  peek("QRPEEK", "right"),
  {
    name: "QRPOP",
    weight: 9,
    args: QUEUE,
    options: { EX: { value: arg.lease }, NOACK: {} },
    answer: (request) =>
      shown(request.queue.pop(request.options.has("NOACK") ? 0 : request.number("EX", 1000) ?? 30_000)),
  },
  {
    name: "QACK",
    weight: 8,
    args: EVENT,
    options: { REDO: {}, RECEIPT },
    answer({ queue, args: [, id], options }) {
      if (options.has("RECEIPT")) return 0;
      return options.has("REDO") ? queue.redo(id) : queue.ack(id);
    },
  },
  {
    name: "QNACK",
    weight: 3,
    args: EVENT,
    options: { DELAY: { value: arg.delay }, DEAD: {}, RECEIPT, REASON: { value: arg.message }, STATE: {} },
    answer(request) {
      const { model, queue, args: [name, id], options } = request;
      const last = options.has("DEAD");
      if (last && options.has("DELAY")) return "-ERR syntax error near 'DELAY': it excludes DEAD";
      const failure = { delayMs: request.number("DELAY", 1000), reason: options.get("REASON"), last };
      const dead = `${name}:dead`;
      const result = options.has("RECEIPT") ? 0 : queue.nack(id, {
        ...failure,
        dead: canBeDeadQueue(bytes(dead), bytes(name)) ? model.queue(dead) : undefined,
      });
      return options.has("STATE") ? [null, "requeued", "dead"][result] : Math.min(result, 1);
    },
  },
  {
    name: "QTOUCH",
    weight: 2,
    args: EVENT,
    options: { EX: { value: arg.longLease }, RECEIPT },
    answer: ({ queue, args: [, id], options }) => !options.has("RECEIPT") && queue.isLeased(id) ? 1 : 0,
  },
  {
    name: "QCLAIM",
    weight: 6,
    args: QUEUES,
    options: { COUNT: { value: arg.count }, EX: { value: arg.lease }, HOLD: {}, META: {} },
    behind: "QUEUES",
    personal: true,
    answer(request) {
      const { model, args, options } = request;
      if (options.has("EX") && options.has("HOLD")) return "-ERR syntax error near 'EX': it excludes HOLD";
      const max = request.number("COUNT") ?? 1;
      const rows: Shown[][] = [];
      for (const name of new Set(args)) {
        const claimed = model.queue(name).claim(max - rows.length, request.number("EX", 1000) ?? 30_000);
        rows.push(...claimed.map(({ event, attempt, group = null, meta = null }) => {
          return [name, ...event, attempt, ...options.has("META") ? [meta, group] : []];
        }));
      }
      return rows.length === 0 ? null : new Like(rows, (reply) => hasRows(reply, rows));
    },
  },
  { name: "QFLUSH", weight: 1, args: QUEUE, answer: done(({ queue }) => queue.flush()) },
  {
    name: "QREGISTER",
    weight: 2,
    args: QUEUES,
    personal: true,
    answer: done(({ model, args, connection }) => model.register(connection, args)),
  },
  {
    name: "QNOTIFY",
    weight: 2,
    args: { timeout: arg.wait },
    personal: true,
    answer({ model, connection, args: [timeout] }) {
      const registered = model.registeredBy(connection);
      if (registered.length === 0) return "-ERR no queues registered: QREGISTER first";
      const ready = registered.filter((name) => model.queue(name).ready > 0);
      // The message about an event may arrive after the event was popped, and a short timeout may end before the check.
      const seconds = Number(timeout);
      const possible = seconds > 0 ? registered : ready;
      const certain = ready.length > 0 && (seconds === 0 || seconds >= arg.LONG_WAIT);
      return new OneOf(certain ? possible : [null, ...possible]);
    },
  },
  {
    name: "QSTATUS",
    weight: 2,
    args: QUEUES,
    answer: (request) => request.args.map((name) => status(request, name, " ")),
  },
  {
    name: "QINFO",
    weight: 1,
    args: QUEUE,
    answer: (request) => [status(request, request.args[0], "  ")],
  },
  {
    name: "QSTATS",
    weight: 2,
    args: QUEUES,
    answer: ({ model, args, protocol }) =>
      args.map((queue) => {
        const { total, processing, delayed, blocked, paused, limited } = model.queue(queue);
        const ready = total - processing - delayed - blocked;
        const fields: Record<string, Expected> = {
          ...{ queue, total, processing, consumers: model.consumers(queue), ready, delayed, oldest: NUMBER },
          ...{
            paused: paused ? 1 : 0,
            pushed: NUMBER,
            acked: NUMBER,
            redelivered: NUMBER,
            dead: NUMBER,
            expired: NUMBER,
            blocked,
            limited: paused ? NUMBER : limited ? 1 : 0,
          },
        };
        return protocol === 3 ? new Map(Object.entries(fields)) : Object.values(fields);
      }),
  },
  ...QUEUE_COMMANDS,
  { name: "PING", weight: 1, args: { message: arg.message }, answer: ({ args: [text] }) => text },
  { name: "ECHO", weight: 1, args: { message: arg.message }, answer: ({ args: [text] }) => text },
];
