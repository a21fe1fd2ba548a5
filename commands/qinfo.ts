import { queueStatuses, statusLine } from "./shared/queue_stats.ts";
import type { Command } from "./shared/command.ts";

/** Shows the figures of queues to people. */
export const qinfo: Command = {
  name: "QINFO",
  arity: [0, Infinity],
  role: "inspect",
  queues: [1, -1],
  largeReply: true,
  syntax: "[queue ...]",
  summary: "Shows what queues hold and who consumes them, in columns for people",
  async handle(client, argv) {
    const rows = await queueStatuses(client, argv);
    const names = widest(rows.map((row) => width(row.queue)));
    const totals = widest(rows.map((row) => `${row.total}`.length));
    const processings = widest(rows.map((row) => `${row.processing}`.length));
    return rows.map((row) => {
      const total = `${row.total}`.padEnd(totals);
      const processing = `${row.processing}`.padEnd(processings);
      const gap = " ".repeat(names - width(row.queue) + 2);
      return statusLine(row.queue, `${gap}total: ${total}  processing: ${processing}  consumers: ${row.consumers}`);
    });
  },
};

function widest(widths: number[]): number {
  return widths.reduce((a, b) => Math.max(a, b), 0);
}

/** How many columns a name takes if it is UTF-8: its bytes without those that continue a character. */
function width(name: Uint8Array): number {
  return name.reduce((columns, byte) => (byte & 0xc0) === 0x80 ? columns : columns + 1, 0);
}
