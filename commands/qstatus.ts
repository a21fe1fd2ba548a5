import { queueStatuses, statusLine } from "./shared/queue_stats.ts";
import type { Command } from "./shared/command.ts";

export const qstatus: Command = {
  name: "QSTATUS",
  arity: [0, Infinity],
  role: "inspect",
  queues: [1, -1],
  largeReply: true,
  syntax: "[queue ...]",
  summary: "Returns events and consumers per queue, as one line of text each",
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
