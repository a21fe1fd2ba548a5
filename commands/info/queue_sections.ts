/**
 * The sections of INFO that are long, or for which the store must be asked.
 *
 * @module
 */
import type { ClientContext } from "../../core/client_context.ts";
import { printable } from "../../resp/printable.ts";

/** The fields of a section, in the order shown. */
export type InfoFields = Record<string, string | number>;

/** A line for each command that was used, as in Redis. */
export function commandStats({ server: { metrics } }: ClientContext): InfoFields {
  const used = metrics.commands.filter(({ calls, rejected }) => calls + rejected > 0);
  return Object.fromEntries(used.map(({ name, calls, times, rejected, failed }) => {
    const usec = Math.round(times.sum * 1000);
    const each = calls === 0 ? 0 : usec / calls;
    const fields = { calls, usec, usec_per_call: each.toFixed(2), rejected_calls: rejected, failed_calls: failed };
    return [`cmdstat_${name}`, list(fields)];
  }));
}

/**
 * A line for each queue that has a place of its own in {@linkcode Figures} and that the user may look at.
 * @throws {StoreUnavailable}
 */
export async function queueFields({ server: { queueStats }, user }: ClientContext): Promise<InfoFields> {
  await queueStats.refresh();
  const { tracked, others } = queueStats;
  const shown = tracked.filter(({ queue }) => user?.has("inspect") && user.mayAccess(queue));
  const rows = shown.map(({ queue, total, ready, processing, delayed, consumers, oldestMs }, i): [string, string] => {
    const age = (oldestMs / 1000).toFixed(3);
    return [`queue${i}`, list({ name: name(queue), total, ready, processing, delayed, consumers, oldest_age: age })];
  });
  return { queues: tracked.length + others.queues, ...Object.fromEntries(rows) };
}

function list(fields: Record<string, string | number>): string {
  return Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(",");
}

/** On one line, and without what tells fields apart. */
function name(queue: Uint8Array): string {
  return printable(queue).replaceAll(",", "\\x2c").replaceAll("=", "\\x3d");
}
