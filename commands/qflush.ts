import { OK } from "../resp/reply.ts";
import { queueName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

export const qflush: Command = {
  name: "QFLUSH",
  arity: [1, 1],
  role: "admin",
  queues: [1, 1],
  syntax: "queue",
  summary: "Removes all events of a queue, including leased ones",
  handle: (client, argv) => client.server.store.flush(queueName(argv[1])).then(() => OK),
};
