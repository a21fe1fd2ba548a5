import { actionRoute } from "./action.ts";
import { numberOf, queueOf } from "./json.ts";

/** The longest pause for a time, in milliseconds: a year. */
const LONGEST_PAUSE_MS = 31_536_000_000;

/** Removes all events of a queue. */
export const flush = actionRoute({
  name: "flush",
  role: "admin",
  async act(wish, { server, user }) {
    const queue = queueOf(wish.queue, user);
    const { total } = await server.store.status(queue);
    await server.store.flush(queue);
    return { of: { queue }, done: total };
  },
});

/** Hands out nothing of a queue, for a time or with 0 until it is resumed. */
export const pause = actionRoute({
  name: "pause",
  role: "admin",
  async act(wish, { server, user }) {
    const queue = queueOf(wish.queue, user);
    const forMs = numberOf(wish.forMs ?? 0, "The time", 0, LONGEST_PAUSE_MS);
    await server.store.pause(queue, forMs);
    return { of: { queue, forMs }, done: 1 };
  },
});

/** Hands out events of a queue again. */
export const resume = actionRoute({
  name: "resume",
  role: "admin",
  async act(wish, { server, user }) {
    const queue = queueOf(wish.queue, user);
    await server.store.resume(queue);
    return { of: { queue }, done: 1 };
  },
});
