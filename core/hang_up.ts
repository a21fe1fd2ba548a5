/**
 * The look at all connections that is taken again and again, so that no connection needs a timer.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import type { Log } from "./log.ts";

/** Hangs up on clients that take too long, and logs how many those were for each reason. */
export function hangUpOnSlow(connections: Iterable<Connection>, log: Log): void {
  const now = Date.now();
  const reasons = new Map<string, { count: number; first: string }>();
  for (const connection of connections) {
    const reason = connection.impatience(now);
    if (reason === undefined) continue;
    const known = reasons.get(reason);
    if (known) known.count++;
    else reasons.set(reason, { count: 1, first: connection.addr });
    connection.kill();
  }
  for (const [reason, fields] of reasons) log.info(`Hung up on clients that ${reason}`, fields);
}
