import { OK } from "../resp/reply.ts";
import { queueName } from "./shared/arguments.ts";
import { logAction } from "./shared/queue_action.ts";
import type { Command } from "./shared/command.ts";

export const qflush: Command = {
  name: "QFLUSH",
  arity: [1, 1],
  role: "admin",
  queues: [1, 1],
  syntax: "queue",
  summary: "Removes all events of a queue, including leased ones",
  handle(client, argv) {
    const queue = queueName(argv[1]).slice();
    return client.server.store.flush(queue).then(() => {
      logAction(client, "flush", { queue });
      return OK;
    });
  },
};
