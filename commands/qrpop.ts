import { milliseconds, queueName, readOptions } from "./arguments.ts";
import { eventReply } from "./peek.ts";
import type { Command } from "./types.ts";

/** How long a popped event is leased unless EX says otherwise, in milliseconds. */
export const DEFAULT_LEASE_MS = 30_000;

/** Takes the right-most event of a queue and leases it to the caller. */
export const qrpop: Command = {
  name: "QRPOP",
  arity: [1, 4],
  role: "consume",
  queues: [1, 1],
  large: true,
  syntax: "queue [EX seconds] [NOACK]",
  summary: "Takes the right-most event, which comes back unless it is acknowledged in time",
  handle(client, argv) {
    const queue = queueName(argv[1]);
    let leaseMs = DEFAULT_LEASE_MS;
    if (argv.length > 2) {
      const options = readOptions(argv, 2, { EX: milliseconds, NOACK: "flag" });
      leaseMs = options.NOACK ? 0 : options.EX ?? DEFAULT_LEASE_MS;
    }
    return client.okq.store.pop(queue, leaseMs).then(eventReply);
  },
};
