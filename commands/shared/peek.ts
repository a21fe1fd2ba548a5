/**
 * What QLPEEK and QRPEEK share.
 *
 * @module
 */
import type { ClientContext } from "../../core/client_context.ts";
import type { Reply } from "../../resp/reply.ts";
import type { Event, Side } from "../../store/store.ts";
import { queueName } from "./arguments.ts";

/** The ready event at one end as a reply. @throws {CommandError} for a queue name out of bounds */
export function peek(client: ClientContext, argv: Uint8Array[], side: Side): Promise<Reply> {
  return client.server.store.peek(queueName(argv[1]), side).then(eventReply);
}

/** An event as clients get it: `[eventId, contents]`, or nil for none. */
export function eventReply(event: Event | null): Reply {
  return event === null ? null : [event.id, event.contents];
}
