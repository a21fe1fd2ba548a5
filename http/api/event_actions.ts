/**
 * Actions on one event.
 *
 * @module
 */
import { keyOf, sameBytes } from "../../store/bytes.ts";
import { MAX_DURATION_MS, MAX_REASON_BYTES, MAX_STEP_EVENTS } from "../../store/limits.ts";
import { deadQueueOf } from "../../store/policy.ts";
import { type MoveEventResult, QueueFull } from "../../store/store.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, bytesOf, idOf, numberOf, queueOf, wordOf } from "./json.ts";
import { requireSamePartition } from "./queue_actions.ts";

/** Clients of the protocol may push more. */
export const MAX_CONTENTS_BYTES = 1024 * 1024;

export const push = actionRoute({
  name: "push",
  role: "produce",
  async run(body, { server, user }) {
    const queue = queueOf(body.queue, user);
    const id = idOf(body.id);
    const contents = bytesOf(body.contents, "The contents", 0, Math.min(server.maxEventBytes, MAX_CONTENTS_BYTES));
    const side = wordOf(body.side, "The side", ["left", "right"]);
    const delayMs = numberOf(body.delayMs ?? 0, "The delay", 0, MAX_DURATION_MS);
    const ttlMs = numberOf(body.ttlMs ?? 0, "The time to live", 0, MAX_DURATION_MS);
    const added = await server.store.push(queue, id, contents, side, { delayMs, ttlMs }).catch((error) => {
      throw error instanceof QueueFull ? new BadRequest("The queue is full", 409) : error;
    });
    if (!added) throw new BadRequest("The queue already holds an event with this id", 409);
    return { fields: { queue, id, side }, changed: 1 };
  },
});

/** Acknowledges an event in any state, which removes it for good. */
export const ack = actionRoute({
  name: "ack",
  role: "consume",
  async run(body, { server, user }) {
    const [queue, id] = [queueOf(body.queue, user), idOf(body.id)];
    return { fields: { queue, id }, changed: await server.store.ack(queue, id) };
  },
});

export const nack = actionRoute({
  name: "nack",
  role: "consume",
  async run(body, { server, user }) {
    const [queue, id] = [queueOf(body.queue, user), idOf(body.id)];
    const reason = bytesOf(body.reason ?? "", "The reason", 0, MAX_REASON_BYTES);
    const result = await server.store.nack(queue, id, undefined, { reason });
    return { fields: { queue, id, reason }, changed: Math.min(result, 1) };
  },
});

/** Moves an event in any state to the dead queue, as after its last attempt. */
export const bury = actionRoute({
  name: "bury",
  role: "admin",
  async run(body, { server: { store }, user }) {
    const [queue, id] = [queueOf(body.queue, user), idOf(body.id)];
    const { deadQueue } = await store.policy(queue);
    const dead = queueOf(keyOf(deadQueue ?? deadQueueOf(queue)), user, "The name of the dead queue");
    if (sameBytes(queue, dead)) throw new BadRequest("The event is in the dead queue already");
    const result = await store.bury(queue, id);
    if (result === "duplicate") throw new BadRequest("The dead queue holds another event with this id", 409);
    return { fields: { queue, id, dead }, changed: result === "buried" ? 1 : 0 };
  },
});

/** Removes events for good: those with the given ids, or those that are popped next. */
export const drop = actionRoute({
  name: "drop",
  role: "consume",
  async run(body, { server: { store }, user }) {
    const queue = queueOf(body.queue, user);
    const ids = body.ids === undefined
      ? (await store.list(queue, "ready", "0", numberOf(body.count, "The count", 1, MAX_STEP_EVENTS))).events
        .map(({ id }) => id)
      : idsOf(body.ids);
    const removed = await Promise.all(ids.map((id) => store.ack(queue, id)));
    return { fields: { queue }, changed: removed.filter((count) => count > 0).length };
  },
});

/** Moves dead letters back to a queue, where their attempts start again. Those whose id that queue holds stay. */
export const retry = actionRoute({
  name: "retry",
  role: "admin",
  async run(body, { server: { store }, user }) {
    const queue = queueOf(body.queue, user);
    const destination = queueOf(body.destination, user, "The name of the destination");
    requireSamePartition(queue, destination);
    const results = await Promise.all(idsOf(body.ids).map((id) => store.moveEvent(queue, destination, id)));
    const number = (result: MoveEventResult) => results.filter((one) => one === result).length;
    if (number("moved") === 0) {
      if (number("full") > 0) throw new BadRequest("The destination is full", 409);
      if (number("duplicate") > 0) throw new BadRequest("The destination holds an event with this id", 409);
    }
    return { fields: { queue, destination }, changed: number("moved") };
  },
});

function idsOf(ids: unknown): Uint8Array[] {
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= MAX_STEP_EVENTS) return ids.map(idOf);
  throw new BadRequest(`The ids must be an array of 1 to ${MAX_STEP_EVENTS}`);
}
