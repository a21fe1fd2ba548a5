import { queueStatuses, statusLine } from "./shared/queue_stats.ts";
import type { Command } from "./shared/command.ts";

export const qinfo: Command = {
  name: "QINFO",
  arity: [0, Infinity],
  role: "inspect",
  queues: [1, -1],
  largeReply: true,
  syntax: "[queue ...]",
  summary: "Returns events and consumers per queue, as padded columns for people",
  async handle(client, argv) {
    const statuses = await queueStatuses(client, argv);
    const nameWidth = max(statuses.map((status) => columns(status.queue)));
    const totalWidth = max(statuses.map((status) => `${status.total}`.length));
    const processingWidth = max(statuses.map((status) => `${status.processing}`.length));
    return statuses.map((status) => {
      const total = `${status.total}`.padEnd(totalWidth);
      const processing = `${status.processing}`.padEnd(processingWidth);
      const gap = " ".repeat(nameWidth - columns(status.queue) + 2);
      return statusLine(
        status.queue,
        `${gap}total: ${total}  processing: ${processing}  consumers: ${status.consumers}`,
      );
    });
  },
};

/** Not `Math.max(...)`: a list of queues may be longer than an argument list. */
function max(numbers: number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0);
}

/** Terminal columns of a UTF-8 name: its bytes without continuation bytes. */
function columns(name: Uint8Array): number {
  return name.reduce((columns, byte) => (byte & 0xc0) === 0x80 ? columns : columns + 1, 0);
}
