import { logActionOf } from "../core/operator_log.ts";
import { OK } from "../resp/reply.ts";
import { millisecondsAboveZero, queueName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

export const qpause: Command = {
  name: "QPAUSE",
  arity: [1, 2],
  role: "admin",
  queues: [1, 1],
  syntax: "queue [seconds]",
  summary: "Stops delivery from a queue for a number of seconds or until QRESUME; pushes and acknowledgements go on",
  handle(client, argv) {
    const queue = queueName(argv[1]).slice();
    // 0 is ambiguous (none or forever), so it is refused.
    const durationMs = argv.length > 2 ? millisecondsAboveZero(argv[2], "seconds") : 0;
    const fields = durationMs > 0 ? { queue, seconds: durationMs / 1000 } : { queue };
    const paused = client.server.store.pause(queue, durationMs).then(() => ({ changed: 1 }));
    return logActionOf(client, "pause", fields, paused).then(() => OK);
  },
};
