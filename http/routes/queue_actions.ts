/**
 * Administrators' actions on a whole queue.
 *
 * @module
 */
import { queueName } from "../../core/arguments.ts";
import { moveEvents, requireSamePartition } from "../../core/delivery/move.ts";
import { logActionOf } from "../../core/operator_log.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import { bytesParameter, required, secondsAboveZero, wholeNumber } from "../parameters.ts";
import { json } from "../response.ts";
import { route } from "../route.ts";
import { CHANGED, DONE, INTEGER, jsonOf, object } from "../schemas.ts";
import { accessible } from "./event_actions.ts";

export const flush = route({
  method: "POST",
  path: "/queues/{queue}:flush",
  role: "admin",
  about: { operation: "flush", summary: "Removes all events of a queue, including leased ones", responses: DONE },
  async handle({ path: { queue }, server, user, peer: { addr } }) {
    const { total } = await server.store.status(queue);
    const flushed = server.store.flush(queue).then(() => ({ changed: total }));
    return json(await logActionOf({ server, user, addr }, "flush", { queue }, flushed));
  },
});

export const pause = route({
  method: "POST",
  path: "/queues/{queue}:pause",
  role: "admin",
  query: { for: secondsAboveZero("How long; without it until the queue is resumed") },
  about: {
    operation: "pause",
    summary: "Stops delivery from a queue; pushes and acknowledgements go on",
    responses: DONE,
  },
  async handle({ path: { queue }, query: { for: durationMs = 0 }, server, user, peer: { addr } }) {
    const fields = durationMs > 0 ? { queue, seconds: durationMs / 1000 } : { queue };
    const paused = server.store.pause(queue, durationMs).then(() => ({ changed: 1 }));
    return json(await logActionOf({ server, user, addr }, "pause", fields, paused));
  },
});

export const resume = route({
  method: "POST",
  path: "/queues/{queue}:resume",
  role: "admin",
  about: { operation: "resume", summary: "Resumes delivery from a paused queue", responses: DONE },
  async handle({ path: { queue }, server, user, peer: { addr } }) {
    const resumed = server.store.resume(queue).then(() => ({ changed: 1 }));
    return json(await logActionOf({ server, user, addr }, "resume", { queue }, resumed));
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
    const moved = moveEvents(server, queue, to, count, skip)
      .then(({ moved, skipped }) => ({ changed: moved, skipped }));
    return json(await logActionOf({ server, user, addr }, "move", { queue, destination: to }, moved));
  },
});
