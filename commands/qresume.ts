import { logActionOf } from "../core/operator_log.ts";
import { OK } from "../resp/reply.ts";
import { queueName } from "./shared/arguments.ts";
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
    const resumed = client.server.store.resume(queue).then(() => ({ changed: 1 }));
    return logActionOf(client, "resume", { queue }, resumed).then(() => OK);
  },
};
