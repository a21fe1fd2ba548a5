import type { Reply } from "../resp/reply.ts";
import type { QueueStatus } from "../store/store.ts";
import { queueStatuses } from "./shared/queue_stats.ts";
import type { Command } from "./shared/command.ts";

export const qstats: Command = {
  name: "QSTATS",
  arity: [0, Infinity],
  role: "inspect",
  queues: [1, -1],
  largeReply: true,
  syntax: "[queue ...]",
  summary: "Returns events, consumers and counters per queue, as arrays or maps for programs",
  async handle(client, argv) {
    const rows = (await queueStatuses(client, argv)).map(fields);
    return client.protocol === 3 ? rows.map((row) => new Map(row)) : rows.map((row) => row.map(([, value]) => value));
  },
};

function fields(row: QueueStatus): [name: string, value: Reply][] {
  return [
    ["queue", row.queue],
    ["total", row.total],
    ["processing", row.processing],
    ["consumers", row.consumers],
    ["ready", row.ready],
    ["delayed", row.delayed],
    ["oldest", row.oldestMs],
    ["paused", row.paused ? 1 : 0],
    ["pushed", row.pushed],
    ["acked", row.acked],
    ["redelivered", row.redelivered],
    ["dead", row.dead],
    ["expired", row.expired],
  ];
}
