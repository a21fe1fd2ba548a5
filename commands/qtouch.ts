import { eventId, milliseconds, queueName, rawBytes, readOptions } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

/** Without EX. */
const DEFAULT_LEASE_MS = 30_000;

export const qtouch: Command = {
  name: "QTOUCH",
  arity: [2, 6],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId [EX seconds] [RECEIPT receipt]",
  summary: "Renews the lease of an event, to end a number of seconds from now",
  brief: true,
  handle(client, argv) {
    const queue = queueName(argv[1]);
    const id = eventId(argv[2]);
    const { EX = DEFAULT_LEASE_MS, RECEIPT } = readOptions(argv, 3, { EX: milliseconds, RECEIPT: rawBytes });
    return client.server.store.touch(queue, id, EX, RECEIPT);
  },
};
