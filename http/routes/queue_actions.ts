/**
 * Administrators' actions on a whole queue.
 *
 * @module
 */
import { queueName } from "../../core/arguments.ts";
import { audited } from "../../core/audit.ts";
import { moveEvents, requireSamePartition } from "../../core/delivery/move.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import { bytesParameter, required, seconds, wholeNumber } from "../parameters.ts";
import { HttpError, json } from "../response.ts";
import { route } from "../route.ts";
import { CHANGED, INTEGER, jsonOf, object } from "../schemas.ts";
import { accessible } from "./event_actions.ts";

const DONE = { 200: jsonOf("It was done", object({ changed: CHANGED })) };

export const flush = route({
  method: "POST",
  path: "/queues/{queue}:flush",
  role: "admin",
  about: { operation: "flush", summary: "Removes all events of a queue, including leased ones", responses: DONE },
  async handle({ path: { queue }, server, user, peer: { addr } }) {
    const result = await audited({ server, user, addr }, "flush", { queue }, async () => {
      const { total } = await server.store.status(queue);
      await server.store.flush(queue);
      return { changed: total };
    });
    return json(result);
  },
});

export const pause = route({
  method: "POST",
  path: "/queues/{queue}:pause",
  role: "admin",
  query: { for: seconds("How long; without it until the queue is resumed") },
  about: {
    operation: "pause",
    summary: "Stops delivery from a queue; pushes and acknowledgements go on",
    responses: DONE,
  },
  async handle({ path: { queue }, query: { for: durationMs }, server, user, peer: { addr } }) {
    // 0 is ambiguous (none or forever), so it is refused.
    if (durationMs === 0) throw new HttpError(400, "value is not an integer or out of range 'for'");
    const fields = { queue, ...durationMs ? { seconds: durationMs / 1000 } : {} };
    const result = await audited({ server, user, addr }, "pause", fields, async () => {
      await server.store.pause(queue, durationMs ?? 0);
      return { changed: 1 };
    });
    return json(result);
  },
});

export const resume = route({
  method: "POST",
  path: "/queues/{queue}:resume",
  role: "admin",
  about: { operation: "resume", summary: "Resumes delivery from a paused queue", responses: DONE },
  async handle({ path: { queue }, server, user, peer: { addr } }) {
    const result = await audited({ server, user, addr }, "resume", { queue }, async () => {
      await server.store.resume(queue);
      return { changed: 1 };
    });
    return json(result);
  },
});

export const move = route({
  method: "POST",
  path: "/queues/{queue}:move",
  role: "admin",
  query: {
    to: required(bytesParameter(queueName, [1, MAX_QUEUE_BYTES], "The queue that they move to")),
    count: wholeNumber(1, Number.MAX_SAFE_INTEGER, "The most events; by default all that are there now"),
    skip: wholeNumber(0, Number.MAX_SAFE_INTEGER, "The number of events that earlier requests skipped"),
  },
  about: {
    operation: "move",
    summary: "Moves ready events to another queue, oldest first, for example to replay dead letters",
    description: "Skips events whose id the other queue holds. Their attempts start again.",
    responses: { 200: jsonOf("It was done", object({ changed: CHANGED, skipped: INTEGER })) },
  },
  async handle({ path: { queue }, query: { to, count = Infinity, skip = 0 }, server, user, peer: { addr } }) {
    accessible(to, user);
    requireSamePartition(queue, to, "to");
    const result = await audited({ server, user, addr }, "move", { queue, destination: to }, async () => {
      const { moved, skipped } = await moveEvents(server, queue, to, count, skip);
      return { changed: moved, skipped };
    });
    return json(result);
  },
});
