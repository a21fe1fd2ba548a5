import { logActionOf } from "../core/operator_log.ts";
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
  handle(client, argv) {
    const queue = queueName(argv[1]).slice();
    const { store } = client.server;
    // Sent together: a command behind this one must not overtake the flush.
    const before = store.status(queue).then(({ total }) => total, () => NaN);
    const flushed = store.flush(queue).then(async () => ({ changed: await before }));
    return logActionOf(client, "flush", { queue }, flushed).then(() => OK);
  },
};
