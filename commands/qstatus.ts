import { queueStatuses, statusLine } from "./shared/queue_stats.ts";
import type { Command } from "./shared/command.ts";

/** Shows the figures of queues as lines of text. */
export const qstatus: Command = {
  name: "QSTATUS",
  arity: [0, Infinity],
  role: "inspect",
  queues: [1, -1],
  largeReply: true,
  syntax: "[queue ...]",
  summary: "Shows what queues hold and who consumes them, a line for each queue",
  async handle(client, argv) {
    const rows = await queueStatuses(client, argv);
    if (client.server.qstatusFormat === "array") {
      return rows.map((row) => [row.queue, row.total, row.processing, row.consumers]);
    }
    return rows.map((row) =>
      statusLine(row.queue, ` total: ${row.total} processing: ${row.processing} consumers: ${row.consumers}`)
    );
  },
};
