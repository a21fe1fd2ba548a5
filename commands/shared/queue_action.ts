/**
 * Logs what clients do to whole queues, as the actions of the page are logged.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import type { LogFields } from "../../core/log.ts";

/** @param action in lower case, as in `pause` */
export function logAction({ server, user, addr }: ClientContext, action: string, fields: LogFields): void {
  server.log.info("Operator action", { action, user: user?.name, addr, ...fields });
}
