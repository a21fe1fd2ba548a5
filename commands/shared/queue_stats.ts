/**
 * The shared code of QSTATUS, QINFO and QSTATS.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { compareBytes, concatBytes } from "../../store/bytes.ts";
import type { QueueStatus } from "../../store/store.ts";
import { queueName } from "./arguments.ts";

const encoder = new TextEncoder();

/** Of the named queues, in that order; without names, of all active queues that the user may access, sorted. */
export async function queueStatuses(client: ClientContext, argv: Uint8Array[]): Promise<QueueStatus[]> {
  const { store } = client.server;
  // All names are checked before the first store call: a throw in between would leave promises without a handler.
  const named = argv.slice(1).map((name) => queueName(name));
  if (named.length > 0) return Promise.all(named.map((queue) => store.status(queue)));
  const visible = (await store.active()).filter((queue) => client.user?.mayAccess(queue));
  return Promise.all(visible.sort(compareBytes).map((queue) => store.status(queue)));
}

/** Bytes, because a queue's name may be any bytes. */
export function statusLine(queue: Uint8Array, rest: string): Uint8Array {
  return concatBytes(queue, encoder.encode(rest));
}
