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

function fields(status: QueueStatus): [name: string, value: Reply][] {
  return [
    ["queue", status.queue],
    ["total", status.total],
    ["processing", status.processing],
    ["consumers", status.consumers],
    ["ready", status.ready],
    ["delayed", status.delayed],
    ["oldest", status.oldestMs],
    ["paused", status.paused ? 1 : 0],
    ["pushed", status.pushed],
    ["acked", status.acked],
    ["redelivered", status.redelivered],
    ["dead", status.dead],
    ["expired", status.expired],
    ["blocked", status.blocked],
    ["limited", status.limited ? 1 : 0],
  ];
}
