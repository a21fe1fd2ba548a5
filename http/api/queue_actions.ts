/**
 * Actions on a whole queue.
 *
 * @module
 */
import { moveEvents } from "../../core/delivery/move.ts";
import { sameBytes } from "../../store/bytes.ts";
import { partitionOf } from "../../store/partition.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, numberOf, queueOf } from "./json.ts";

/** A year; a pause may also have no end. */
const MAX_PAUSE_MS = 31_536_000_000;

/** Moves the oldest ready events first. */
export const move = actionRoute({
  name: "move",
  role: "admin",
  async run(body, { server, user }) {
    const source = queueOf(body.queue, user);
    const destination = queueOf(body.destination, user, "The name of the destination");
    const count = numberOf(body.count ?? Number.MAX_SAFE_INTEGER, "The number of events", 1, Number.MAX_SAFE_INTEGER);
    if (sameBytes(source, destination)) throw new BadRequest("The destination must be another queue");
    if (partitionOf(source) !== partitionOf(destination)) {
      throw new BadRequest(
        "The destination must be the queue's dead queue, the queue of this dead queue, or have the same {tag}",
      );
    }
    const changed = await moveEvents(server, source, destination, count);
    return { fields: { queue: source, destination }, changed };
  },
});

export const flush = actionRoute({
  name: "flush",
  role: "admin",
  async run(body, { server, user }) {
    const queue = queueOf(body.queue, user);
    const { total } = await server.store.status(queue);
    await server.store.flush(queue);
    return { fields: { queue }, changed: total };
  },
});

/** Pauses for a time, or with 0 until the queue is resumed. */
export const pause = actionRoute({
  name: "pause",
  role: "admin",
  async run(body, { server, user }) {
    const queue = queueOf(body.queue, user);
    const durationMs = numberOf(body.durationMs ?? 0, "The duration", 0, MAX_PAUSE_MS);
    await server.store.pause(queue, durationMs);
    return { fields: { queue, durationMs }, changed: 1 };
  },
});

export const resume = actionRoute({
  name: "resume",
  role: "admin",
  async run(body, { server, user }) {
    const queue = queueOf(body.queue, user);
    await server.store.resume(queue);
    return { fields: { queue }, changed: 1 };
  },
});
