import { eventId, milliseconds, queueName, rawBytes, readOptions } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

/** When the lease ends unless EX says otherwise, in milliseconds from now. */
const DEFAULT_LEASE_MS = 30_000;

/** Prolongs the lease of an event being processed. */
export const qtouch: Command = {
  name: "QTOUCH",
  arity: [2, 6],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId [EX seconds] [RECEIPT receipt]",
  summary: "Lets the lease of an event being processed end so many seconds from now",
  handle(client, argv) {
    const queue = queueName(argv[1]);
    const id = eventId(argv[2]);
    const { EX = DEFAULT_LEASE_MS, RECEIPT } = readOptions(argv, 3, { EX: milliseconds, RECEIPT: rawBytes });
    return client.server.store.touch(queue, id, EX, RECEIPT);
  },
};
