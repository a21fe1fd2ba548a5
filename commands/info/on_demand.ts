/**
 * Sections of INFO that are only returned on request: one line per command, one line per queue.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { printable } from "../../resp/printable.ts";

export type InfoFields = Record<string, string | number>;

export function commandStats({ server: { metrics } }: ClientContext): InfoFields {
  const used = metrics.commands.filter(({ calls, rejected }) => calls + rejected > 0);
  return Object.fromEntries(used.map(({ name, calls, times, rejected, failed }) => {
    const usec = Math.round(times.sum * 1000);
    const average = calls === 0 ? 0 : usec / calls;
    const fields = { calls, usec, usec_per_call: average.toFixed(2), rejected_calls: rejected, failed_calls: failed };
    return [`cmdstat_${name}`, fieldList(fields)];
  }));
}

/** One line per tracked queue of {@linkcode QueueStats} that the user may inspect. @throws {StoreUnavailable} */
export async function queueFields({ server: { queueStats }, user }: ClientContext): Promise<InfoFields> {
  await queueStats.refresh();
  const { tracked, untracked } = queueStats;
  const visible = tracked.filter(({ queue }) => user?.has("inspect") && user.mayAccess(queue));
  const lines = visible.map(({ queue, total, ready, processing, delayed, blocked, consumers, oldestMs }, i) => {
    const age = (oldestMs / 1000).toFixed(3);
    const counts = { total, ready, processing, delayed, blocked, consumers, oldest_age: age };
    return [`queue${i}`, fieldList({ name: escapedName(queue), ...counts })];
  });
  return { queues: tracked.length + untracked.queues, ...Object.fromEntries(lines) };
}

function fieldList(fields: InfoFields): string {
  return Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(",");
}

/** Escapes the separators of a field list too. */
function escapedName(queue: Uint8Array): string {
  return printable(queue).replaceAll(",", "\\x2c").replaceAll("=", "\\x3d");
}
