import { MAX_REASON_BYTES } from "../../store/limits.ts";
import { actionRoute } from "./action.ts";
import { bytesOf, idOf, queueOf } from "./json.ts";

/** Removes an event for good, wherever it is. */
export const ack = actionRoute({
  name: "ack",
  role: "consume",
  async act(wish, { server, user }) {
    const [queue, id] = [queueOf(wish.queue, user), idOf(wish.id)];
    return { of: { queue, id }, done: await server.store.ack(queue, id) };
  },
});

/** Gives an event back that is being processed, as failed. */
export const nack = actionRoute({
  name: "nack",
  role: "consume",
  async act(wish, { server, user }) {
    const [queue, id] = [queueOf(wish.queue, user), idOf(wish.id)];
    const reason = bytesOf(wish.reason ?? "", "The reason", 0, MAX_REASON_BYTES);
    return { of: { queue, id, reason }, done: await server.store.nack(queue, id, undefined, { reason }) };
  },
});
