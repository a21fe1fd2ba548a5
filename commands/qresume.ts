import { OK } from "../resp/reply.ts";
import { queueName } from "./shared/arguments.ts";
import { logAction } from "./shared/queue_action.ts";
import type { Command } from "./shared/command.ts";

export const qresume: Command = {
  name: "QRESUME",
  arity: [1, 1],
  role: "admin",
  queues: [1, 1],
  syntax: "queue",
  summary: "Resumes delivery from a paused queue",
  handle(client, argv) {
    const queue = queueName(argv[1]).slice();
    return client.server.store.resume(queue).then(() => {
      logAction(client, "resume", { queue });
      return OK;
    });
  },
};
