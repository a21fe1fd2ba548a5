import { milliseconds, queueName, readOptions } from "./shared/arguments.ts";
import { eventReply } from "./shared/peek.ts";
import type { Command } from "./shared/command.ts";

export const qrpop: Command = {
  name: "QRPOP",
  arity: [1, 4],
  role: "consume",
  queues: [1, 1],
  largeReply: true,
  syntax: "queue [EX seconds] [NOACK]",
  summary: "Leases the right-most ready event, or with NOACK removes it at once",
  handle(client, argv) {
    const queue = queueName(argv[1]);
    if (argv.length === 2) return client.server.store.pop(queue).then(eventReply);
    const { EX, NOACK } = readOptions(argv, 2, { EX: milliseconds, NOACK: "flag" });
    return client.server.store.pop(queue, NOACK ? 0 : EX).then(eventReply);
  },
};
