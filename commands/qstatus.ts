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
    const statuses = await queueStatuses(client, argv);
    if (client.server.qstatusFormat === "array") {
      return statuses.map((status) => [status.queue, status.total, status.processing, status.consumers]);
    }
    return statuses.map((status) =>
      statusLine(
        status.queue,
        ` total: ${status.total} processing: ${status.processing} consumers: ${status.consumers}`,
      )
    );
  },
};
