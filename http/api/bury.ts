/**
 * Sending one event to the dead queue.
 *
 * No step of the store does this, so it is made of two, of which none can lose the event: it enters the dead queue
 * first, and only then leaves its own. If okq dies in between it is in both, and doing it again finishes the matter.
 *
 * @module
 */
import { keyOf, sameBytes } from "../../store/bytes.ts";
import { deadQueueOf } from "../../store/policy.ts";
import { type Event, QueueFull, type Store } from "../../store/store.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, idOf, queueOf } from "./json.ts";

/** Sends one event to the dead queue of its queue. */
export const bury = actionRoute({
  name: "bury",
  role: "admin",
  async act(wish, { server: { store }, user }) {
    const [queue, id] = [queueOf(wish.queue, user), idOf(wish.id)];
    const { deadQueue } = await store.policy(queue);
    const dead = queueOf(keyOf(deadQueue ?? deadQueueOf(queue)), user, "The name of the dead queue");
    if (sameBytes(queue, dead)) throw new BadRequest("This is the dead queue");
    const event = await store.get(queue, id);
    if (event === null) return { of: { queue, id, dead }, done: 0 };
    await enter(store, dead, event);
    return { of: { queue, id, dead }, done: await leave(store, queue, event) };
  },
});

async function enter(store: Store, dead: Uint8Array, { id, contents }: Event): Promise<void> {
  const added = await store.push(dead, id, contents, "left").catch((error) => {
    throw error instanceof QueueFull ? new BadRequest("The dead queue is full", 409) : error;
  });
  if (added) return;
  const there = await store.get(dead, id);
  if (there && sameBytes(there.contents, contents)) return; // it was sent there before, and could not leave
  throw new BadRequest("The dead queue holds another event with this id", 409);
}

/**
 * Removes the event from its queue. Had it been acknowledged meanwhile and its id been used again, that would remove
 * another event: what is asked for in one turn is done in one step, so what was removed is known, and put back.
 */
async function leave(store: Store, queue: Uint8Array, { id, contents }: Event): Promise<number> {
  const [removed, count] = await Promise.all([store.get(queue, id), store.ack(queue, id)]);
  if (!removed || sameBytes(removed.contents, contents)) return count;
  await store.push(queue, id, removed.contents, "right");
  return 0;
}
