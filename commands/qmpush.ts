import { OK } from "../resp/reply.ts";
import { MAX_TOGETHER, MAX_TOGETHER_BYTES } from "../store/limits.ts";
import type { Event } from "../store/store.ts";
import { eventId, pairs, queueName, readOptions, syntaxError } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";
import { contentsUpTo, duplicate, PUSH_OPTIONS, pushOptions, queueFull } from "./shared/push.ts";

const OPTIONS = { RIGHT: "flag", ...PUSH_OPTIONS, EVENTS: "rest" } as const;

export const qmpush: Command = {
  name: "QMPUSH",
  arity: [4, Infinity],
  role: "produce",
  queues: [1, 1],
  syntax: "queue [RIGHT] [DELAY seconds] [TTL seconds] [GROUP key] [META text] " +
    "EVENTS eventId contents [eventId contents ...]",
  summary: "Adds several events to a queue in one step: all of them, or none",
  pushedMeta: (argv) => readOptions(argv, 2, OPTIONS).META,
  handle(client, argv) {
    const { store, waiters, maxEventBytes } = client.server;
    const queue = queueName(argv[1]);
    const { RIGHT, EVENTS, ...given } = readOptions(argv, 2, OPTIONS);
    if (EVENTS === undefined) throw syntaxError(argv.at(-1)!, "EVENTS and the events must follow the options");
    const options = pushOptions(given);
    const events = pairs("QMPUSH", EVENTS, MAX_TOGETHER).map(([id, contents]): Event => ({
      id: eventId(id),
      contents: contentsUpTo(maxEventBytes, contents),
    }));
    const maxBytes = Math.max(maxEventBytes, MAX_TOGETHER_BYTES);
    if (events.reduce((sum, { contents }) => sum + contents.length, 0) > maxBytes) {
      throw new CommandError(`ERR contents must together be at most ${maxBytes} bytes long`);
    }
    if (!options.delayMs) waiters.expect(queue, events.length);
    return store.pushAll(queue, events, RIGHT ? "right" : "left", options)
      .then((id) => id === null ? OK : duplicate(id), queueFull);
  },
};
