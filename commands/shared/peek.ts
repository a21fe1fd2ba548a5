/**
 * QLPEEK and QRPEEK.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import type { Reply } from "../../resp/reply.ts";
import type { Event, Side } from "../../store/store.ts";
import { queueName } from "./arguments.ts";

export function peek(client: ClientContext, argv: Uint8Array[], side: Side): Promise<Reply> {
  return client.server.store.peek(queueName(argv[1]), side).then(eventReply);
}

/** `[eventId, contents]`, or nil for no event. */
export function eventReply(event: Event | null): Reply {
  return event === null ? null : [event.id, event.contents];
}
