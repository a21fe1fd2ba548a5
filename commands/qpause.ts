import { OK } from "../resp/reply.ts";
import { milliseconds, outOfRange, queueName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

/** Hands out nothing of a queue for a time. */
export const qpause: Command = {
  name: "QPAUSE",
  arity: [1, 2],
  role: "admin",
  queues: [1, 1],
  syntax: "queue [seconds]",
  summary: "Hands out no event of a queue and wakes nobody for it, for so many seconds or until QRESUME",
  handle(client, argv) {
    const queue = queueName(argv[1]);
    const forMs = argv.length > 2 ? milliseconds(argv[2], "seconds") : 0;
    // Somebody could take it for no time, somebody else for ever.
    if (argv.length > 2 && forMs === 0) throw outOfRange("seconds");
    return client.server.store.pause(queue, forMs).then(() => OK);
  },
};
