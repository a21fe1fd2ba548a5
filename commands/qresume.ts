import { OK } from "../resp/reply.ts";
import { queueName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

/** Ends a pause. */
export const qresume: Command = {
  name: "QRESUME",
  arity: [1, 1],
  role: "admin",
  queues: [1, 1],
  syntax: "queue",
  summary: "Hands out events of a paused queue again",
  handle: (client, argv) => client.server.store.resume(queueName(argv[1])).then(() => OK),
};
