import { moveEvents } from "../../core/delivery/move.ts";
import { sameBytes } from "../../store/bytes.ts";
import { partitionOf } from "../../store/partition.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, numberOf, queueOf } from "./json.ts";

/** Moves ready events to another queue, the oldest first: the replay of dead letters. */
export const move = actionRoute({
  name: "move",
  role: "admin",
  async act(wish, { server, user }) {
    const source = queueOf(wish.queue, user);
    const destination = queueOf(wish.destination, user, "The name of the destination");
    const most = numberOf(wish.most ?? Number.MAX_SAFE_INTEGER, "The number of events", 1, Number.MAX_SAFE_INTEGER);
    if (sameBytes(source, destination)) throw new BadRequest("The destination must be another queue");
    if (partitionOf(source) !== partitionOf(destination)) {
      throw new BadRequest("The destination must be the queue's own dead queue, its origin, or share a {tag} with it");
    }
    const moved = await moveEvents(server, source, destination, most);
    return { of: { queue: source, destination }, done: moved };
  },
});
