/**
 * Administrators' actions on single events, or on several by their ids.
 *
 * @module
 */
import { eventId, queueName } from "../../core/arguments.ts";
import { NO_QUEUE_PERMISSION, type Role, type User } from "../../core/auth/user.ts";
import { CommandError } from "../../core/command_spec.ts";
import { requireSamePartition } from "../../core/delivery/move.ts";
import { logActionOf } from "../../core/operator_log.ts";
import { printable } from "../../resp/printable.ts";
import { sameBytes } from "../../store/bytes.ts";
import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { deadQueueOf } from "../../store/policy.ts";
import { type MoveEventResult, QueueFull, type Store } from "../../store/store.ts";
import { bytesOf, HttpError, json, readJson } from "../response.ts";
import { type About, type Route, route } from "../route.ts";
import { BYTES, DONE, IDS, jsonContent, object } from "../schemas.ts";

/** An id takes up to six characters of JSON a byte. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** @param change applied to each event, and returns 1 or 0 */
function eventsRoute(
  action: string,
  role: Role,
  about: Pick<About, "operation" | "summary">,
  change: (store: Store, queue: Uint8Array, id: Uint8Array) => Promise<number>,
): Route {
  return route({
    method: "POST",
    path: `/queues/{queue}/events:${action}`,
    role,
    about: { ...about, body: jsonContent(object({ ids: IDS })), responses: DONE, errors: [408, 413] },
    async handle({ path: { queue }, body, server, user, peer: { addr } }) {
      const { ids } = readJson(await body.read(MAX_BODY_BYTES, "the request body"), ["ids"]);
      const changes = idsOf(ids).map((id) => change(server.store, queue, id));
      const changed = Promise.all(changes).then((counts) => ({
        changed: counts.reduce((sum, count) => sum + count, 0),
      }));
      return json(await logActionOf({ server, user, addr }, action, { queue }, changed));
    },
  });
}

export const eventsAck = eventsRoute(
  "ack",
  "consume",
  { operation: "ackEvents", summary: "Removes several events in any state" },
  (store, queue, id) => store.ack(queue, id),
);

export const eventsRetry = eventsRoute(
  "retry",
  "admin",
  { operation: "retryEvents", summary: "Ends the delays of several events, which are then ready" },
  (store, queue, id) => store.endDelay(queue, id),
);

export const eventsMove = route({
  method: "POST",
  path: "/queues/{queue}/events:move",
  role: "admin",
  about: {
    operation: "moveEvents",
    summary: "Moves several ready or delayed events to another queue, where their attempts start again",
    description: "Those whose id the other queue holds stay.",
    body: jsonContent(object({ ids: IDS, to: BYTES })),
    responses: DONE,
    errors: [408, 409, 413, 429],
  },
  async handle({ path: { queue }, body, server, user, peer: { addr } }) {
    const { ids: given, to } = readJson(await body.read(MAX_BODY_BYTES, "the request body"), ["ids", "to"]);
    const ids = idsOf(given);
    const destination = accessible(queueName(bytesOf(to, "to")), user);
    requireSamePartition(queue, destination, "to");
    const moved = Promise.all(ids.map((id) => server.store.moveEvent(queue, destination, id))).then((results) => {
      const number = (result: MoveEventResult) => results.filter((one) => one === result).length;
      if (number("moved") === 0) {
        if (number("full") > 0) throw new QueueFull();
        if (number("duplicate") > 0) throw new HttpError(409, `${printable(destination)} holds these ids`);
      }
      return { changed: number("moved") };
    });
    return json(await logActionOf({ server, user, addr }, "move", { queue, destination }, moved));
  },
});

export const bury = route({
  method: "POST",
  path: "/queues/{queue}/events/{id}:bury",
  role: "admin",
  about: {
    operation: "bury",
    summary: "Moves an event in any state to the dead queue, as after its last attempt",
    responses: DONE,
    errors: [404, 409],
  },
  async handle({ path: { queue, id }, server, user, peer: { addr } }) {
    const { store } = server;
    const { deadQueue } = await store.policy(queue);
    const dead = accessible(queueName(deadQueue ?? deadQueueOf(queue)), user);
    if (sameBytes(queue, dead)) throw new HttpError(400, "the event is in the dead queue already");
    const buried = store.bury(queue, id).then((result) => {
      if (result === "duplicate") throw new HttpError(409, `${printable(dead)} holds this id`);
      if (result === "absent") throw new HttpError(404, `the queue does not hold event ${printable(id)}`);
      return { changed: 1 };
    });
    return json(await logActionOf({ server, user, addr }, "bury", { queue, id, dead }, buried));
  },
});

/** @throws {CommandError} if the user may not access the queue */
export function accessible(queue: Uint8Array, user: User): Uint8Array {
  if (user.mayAccess(queue)) return queue;
  throw new CommandError(NO_QUEUE_PERMISSION);
}

function idsOf(ids: unknown): Uint8Array[] {
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= MAX_STEP_EVENTS) {
    return ids.map((id) => eventId(bytesOf(id, "an id")));
  }
  throw new HttpError(400, `ids must be an array of 1 to ${MAX_STEP_EVENTS}`);
}
