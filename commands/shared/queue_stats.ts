/**
 * The shared code of QSTATUS, QINFO and QSTATS: reads queue statuses and writes lines.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { compareBytes, concatBytes } from "../../store/bytes.ts";
import type { QueueStatus } from "../../store/store.ts";
import { queueName } from "./arguments.ts";

const encoder = new TextEncoder();

/**
 * The statuses of the queues named in `argv`, in that order. Without names: of all active queues that the user may
 * access, in ascending byte order.
 * @throws {CommandError} for a queue name out of bounds
 */
export async function queueStatuses(client: ClientContext, argv: Uint8Array[]): Promise<QueueStatus[]> {
  const { store } = client.server;
  // All names are checked before the first store call: a throw in between would leave promises without a handler.
  const named = argv.slice(1).map((name) => queueName(name));
  if (named.length > 0) return Promise.all(named.map((queue) => store.status(queue)));
  const visible = (await store.active()).filter((queue) => client.user?.mayAccess(queue));
  return Promise.all(visible.sort(compareBytes).map((queue) => store.status(queue)));
}

/** A line of text after a queue name. Bytes, because the name may be any bytes. */
export function statusLine(queue: Uint8Array, rest: string): Uint8Array {
  return concatBytes(queue, encoder.encode(rest));
}
