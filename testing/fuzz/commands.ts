/**
 * The commands that are fuzzed, and what okq should answer: a row for each. A new command is a new row; a test sees to it
 * that none of the commands on queues is missing.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import type { Side } from "../../store/store.ts";
import { type Expected, type FuzzCommand, Like, OneOf } from "./fuzz_command.ts";
import type { ModelEvent } from "../../tests/support/model_queue.ts";
import { bytes, type Shown } from "../../tests/support/wire.ts";
import {
  contents,
  count,
  delay,
  id,
  type Kind,
  lease,
  lifetime,
  LONG_ENOUGH,
  longLease,
  message,
  noReceipt,
  queue,
  queues,
  wait,
} from "./arguments.ts";
import type { Model } from "./model.ts";
import { FIGURE, QUEUE_COMMANDS } from "./queue_commands.ts";

const NAMES: Record<string, Kind> = { queue };
const EVENT: Record<string, Kind> = { queue, eventId: id };
const event = (found: ModelEvent | undefined): Shown => found ? [...found] : null;
const figures = (model: Model, name: string) => {
  const { total, processing } = model.queue(name);
  return { total, processing, consumers: model.consumers(name) };
};

function push(name: string, side: Side): FuzzCommand {
  return {
    name,
    weight: 8,
    args: { ...EVENT, contents },
    options: { NOBLOCK: { background: true }, DELAY: { value: delay }, TTL: { value: lifetime } },
    answer(model, { args: [queue, id, contents], options }) {
      const held = model.queue(queue);
      const known = held.has(id);
      const refused = !known && held.full;
      if (!known && !refused) held.push(id, contents, side, Number(options.get("DELAY") ?? 0));
      if (options.has("NOBLOCK")) return "+OK";
      return known ? `-ERR duplicate event ${printable(bytes(id))}` : refused ? "-ERR queue full" : "+OK";
    },
  };
}

function peek(name: string, side: Side): FuzzCommand {
  return { name, weight: 2, args: NAMES, answer: (model, { args: [name] }) => event(model.queue(name).peek(side)) };
}

/** Whether a reply of QCLAIM is this one: each row has a receipt besides. */
function isTaken(reply: Shown, taken: Shown[][]): boolean {
  if (!Array.isArray(reply)) return false;
  const rows = reply.map((row) => Array.isArray(row) ? row : []);
  const receipts = rows.map((row) => row.at(-1)).filter((receipt) => typeof receipt === "string" && receipt.length > 0);
  return receipts.length === rows.length &&
    JSON.stringify(rows.map((row) => row.slice(0, -1))) === JSON.stringify(taken);
}

/** All rows. */
export const FUZZED: readonly FuzzCommand[] = [
  push("QLPUSH", "left"),
  push("QRPUSH", "right"),
  peek("QLPEEK", "left"),
  peek("QRPEEK", "right"),
  {
    name: "QRPOP",
    weight: 9,
    args: NAMES,
    options: { EX: { value: lease }, NOACK: {} },
    answer(model, { args: [name], options }) {
      const leased = !options.has("NOACK") && Number(options.get("EX") ?? 30) > 0;
      return event(model.queue(name).pop(leased ? 1 : 0));
    },
  },
  {
    name: "QACK",
    weight: 8,
    args: EVENT,
    options: { REDO: {}, RECEIPT: { value: noReceipt } },
    answer(model, { args: [name, id], options }) {
      if (options.has("RECEIPT")) return 0;
      return model.queue(name)[options.has("REDO") ? "redo" : "ack"](id);
    },
  },
  {
    name: "QNACK",
    weight: 3,
    args: EVENT,
    options: { DELAY: { value: delay }, RECEIPT: { value: noReceipt }, REASON: { value: message } },
    answer(model, { args: [name, id], options }) {
      if (options.has("RECEIPT")) return 0;
      const delay = options.get("DELAY");
      const delayMs = delay === undefined ? undefined : Number(delay) * 1000;
      const reason = options.get("REASON");
      return model.queue(name).nack(id, { delayMs, reason, dead: model.queue(`${name}:dead`) });
    },
  },
  {
    name: "QTOUCH",
    weight: 2,
    args: EVENT,
    options: { EX: { value: longLease }, RECEIPT: { value: noReceipt } },
    answer: (model, { args: [name, id], options }) => !options.has("RECEIPT") && model.queue(name).holds(id) ? 1 : 0,
  },
  {
    name: "QCLAIM",
    weight: 6,
    args: { queue: queues },
    options: { COUNT: { value: count }, EX: { value: lease }, HOLD: {} },
    behind: "QUEUES",
    personal: true,
    answer(model, { args, options }) {
      if (options.has("EX") && options.has("HOLD")) return "-ERR syntax error";
      const most = Number(options.get("COUNT") ?? 1);
      const leaseMs = Number(options.get("EX") ?? 30);
      const taken: Shown[][] = [];
      for (const name of new Set(args)) {
        for (const { event, attempt } of model.queue(name).claim(most - taken.length, leaseMs)) {
          taken.push([name, ...event, attempt]);
        }
      }
      return taken.length === 0 ? null : new Like(taken, (reply) => isTaken(reply, taken));
    },
  },
  {
    name: "QFLUSH",
    weight: 1,
    args: NAMES,
    answer(model, { args: [name] }) {
      model.queue(name).flush();
      return "+OK";
    },
  },
  {
    name: "QREGISTER",
    weight: 2,
    args: { queue: queues },
    personal: true,
    answer(model, { args, connection }) {
      model.register(connection, args);
      return "+OK";
    },
  },
  {
    name: "QNOTIFY",
    weight: 2,
    args: { timeout: wait },
    personal: true,
    answer(model, { connection, args: [timeout] }) {
      const registered = model.registeredBy(connection);
      const ready = registered.filter((name) => model.queue(name).ready > 0);
      // Who waits may be told of an event that has just been taken: the message about it comes later than that. And the
      // time may be up before it is known that an event is ready.
      const seconds = Number(timeout);
      const told = seconds > 0 ? registered : ready;
      const inTime = seconds === 0 || seconds >= LONG_ENOUGH;
      return new OneOf(ready.length > 0 && inTime ? told : [null, ...told]);
    },
  },
  {
    name: "QSTATUS",
    weight: 2,
    args: { queue: queues },
    answer: (model, { args }) =>
      args.map((name) => {
        const { total, processing, consumers } = figures(model, name);
        return `${name} total: ${total} processing: ${processing} consumers: ${consumers}`;
      }),
  },
  {
    name: "QSTATS",
    weight: 2,
    args: { queue: queues },
    answer: (model, { args, protocol }) =>
      args.map((name) => {
        const { total, processing, consumers } = figures(model, name);
        const { delayed, paused } = model.queue(name);
        const entries: [string, Expected][] = [
          ...Object.entries({
            queue: name,
            total,
            processing,
            consumers,
            ready: total - processing - delayed,
            delayed,
          }),
          ...[["oldest", FIGURE], ["paused", paused ? 1 : 0]] as [string, Expected][],
          ...["pushed", "acked", "redelivered", "dead", "expired"].map((count): [string, Expected] => [count, FIGURE]),
        ];
        return protocol === 3 ? new Map(entries) : entries.map(([, figure]) => figure);
      }),
  },
  {
    name: "QINFO",
    weight: 1,
    args: NAMES,
    answer(model, { args: [name] }) {
      const { total, processing, consumers } = figures(model, name);
      return [`${name}  total: ${total}  processing: ${processing}  consumers: ${consumers}`];
    },
  },
  ...QUEUE_COMMANDS,
  { name: "PING", weight: 1, args: { message }, answer: (_, { args: [text] }) => text },
  { name: "ECHO", weight: 1, args: { message }, answer: (_, { args: [text] }) => text },
];
