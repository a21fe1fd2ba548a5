import type { ServerContext } from "../../core/context.ts";
import type { EventDetails } from "../../store/store.ts";
import { BadRequest, idOf, queueOf, wordOf } from "./json.ts";
import { getRoute } from "./get.ts";

/** How much of an event's contents is shown, in bytes; all of it can be had as a file. */
const SHOWN_BYTES = 64 * 1024;

/** All that is known of an event. */
export const event = getRoute({
  path: "/api/event",
  role: "inspect",
  async look({ url: { searchParams }, server, user }) {
    return shown(await server.store.get(queueOf(searchParams.get("queue"), user), idOf(searchParams.get("id"))));
  },
});

/** The event at one end of a queue: on the right the one that is popped next. */
export const peek = getRoute({
  path: "/api/peek",
  role: "inspect",
  async look({ url: { searchParams }, server: { store }, user }) {
    const queue = queueOf(searchParams.get("queue"), user);
    const found = await store.peek(queue, wordOf(searchParams.get("side"), "The side", ["right", "left"]));
    if (found === null) throw new BadRequest("No event is ready", 404);
    return shown(await store.get(queue, found.id));
  },
});

/** The contents as a file, which no browser opens as anything else. */
export const contents = getRoute({
  path: "/api/contents",
  role: "inspect",
  async look({ url: { searchParams }, server, user }) {
    const event = await wholeOf(server, queueOf(searchParams.get("queue"), user), idOf(searchParams.get("id")));
    return new Response(event.contents.slice(), {
      headers: {
        "content-type": "application/octet-stream",
        "content-disposition": 'attachment; filename="event.bin"',
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      },
    });
  },
});

async function wholeOf({ store }: ServerContext, queue: Uint8Array, id: Uint8Array): Promise<EventDetails> {
  return there(await store.get(queue, id));
}

function shown(event: EventDetails | null): EventDetails {
  const { contents, ...rest } = there(event);
  return { ...rest, contents: contents.subarray(0, SHOWN_BYTES) };
}

function there(event: EventDetails | null): EventDetails {
  if (event === null) throw new BadRequest("The queue does not hold this event any more", 404);
  return event;
}
