/**
 * The action that sends one event to the dead queue.
 *
 * The event is pushed to the dead queue first, and then removed from its own queue. If okq dies between both steps, the
 * event is in both queues; running the action again completes it.
 *
 * @module
 */
import { keyOf, sameBytes } from "../../store/bytes.ts";
import { deadQueueOf } from "../../store/policy.ts";
import { type Event, QueueFull, type Store } from "../../store/store.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, idOf, queueOf } from "./json.ts";

export const bury = actionRoute({
  name: "bury",
  role: "admin",
  async run(body, { server: { store }, user }) {
    const [queue, id] = [queueOf(body.queue, user), idOf(body.id)];
    const { deadQueue } = await store.policy(queue);
    const dead = queueOf(keyOf(deadQueue ?? deadQueueOf(queue)), user, "The name of the dead queue");
    if (sameBytes(queue, dead)) throw new BadRequest("The event is in the dead queue already");
    const event = await store.get(queue, id);
    if (event === null) return { fields: { queue, id, dead }, changed: 0 };
    await pushToDeadQueue(store, dead, event);
    return { fields: { queue, id, dead }, changed: await removeFromQueue(store, queue, event) };
  },
});

async function pushToDeadQueue(store: Store, dead: Uint8Array, { id, contents }: Event): Promise<void> {
  const added = await store.push(dead, id, contents, "left").catch((error) => {
    throw error instanceof QueueFull ? new BadRequest("The dead queue is full", 409) : error;
  });
  if (added) return;
  const existing = await store.get(dead, id);
  if (existing && sameBytes(existing.contents, contents)) return; // an earlier run pushed it and was cut off
  throw new BadRequest("The dead queue holds another event with this id", 409);
}

/**
 * If the event was acknowledged in the meantime and its id pushed again, this removes the new event. Store calls of one
 * tick travel in one batch, so `get` returns what `ack` removes, and a wrong one is pushed back.
 */
async function removeFromQueue(store: Store, queue: Uint8Array, { id, contents }: Event): Promise<number> {
  const [removed, count] = await Promise.all([store.get(queue, id), store.ack(queue, id)]);
  if (!removed || sameBytes(removed.contents, contents)) return count;
  await store.push(queue, id, removed.contents, "right");
  return 0;
}
