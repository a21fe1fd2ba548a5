import { MAX_DURATION_MS } from "../../store/limits.ts";
import { QueueFull } from "../../store/store.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, bytesOf, idOf, numberOf, queueOf, wordOf } from "./json.ts";

/** The longest contents that can be pushed from the page, in bytes; a client of the protocol may push more. */
export const MAX_CONTENTS_BYTES = 1024 * 1024;

/** Adds an event to a queue. */
export const push = actionRoute({
  name: "push",
  role: "produce",
  async act(wish, { server, user }) {
    const queue = queueOf(wish.queue, user);
    const id = idOf(wish.id);
    const contents = bytesOf(wish.contents, "The contents", 0, Math.min(server.maxEventBytes, MAX_CONTENTS_BYTES));
    const side = wordOf(wish.side, "The side", ["left", "right"]);
    const delayMs = numberOf(wish.delayMs ?? 0, "The delay", 0, MAX_DURATION_MS);
    const ttlMs = numberOf(wish.ttlMs ?? 0, "The time to live", 0, MAX_DURATION_MS);
    const added = await server.store.push(queue, id, contents, side, { delayMs, ttlMs }).catch((error) => {
      throw error instanceof QueueFull ? new BadRequest("The queue is full", 409) : error;
    });
    if (!added) throw new BadRequest("The queue holds an event with this id already", 409);
    return { of: { queue, id, side }, done: 1 };
  },
});
