/**
 * The end of a delivery: acknowledged, failed, extended or given back.
 *
 * @module
 */
import { rawBytes } from "../../core/arguments.ts";
import { printable } from "../../resp/printable.ts";
import { MAX_REASON_BYTES } from "../../store/limits.ts";
import { bytesParameter, flag, seconds } from "../parameters.ts";
import { HttpError, jsonText } from "../response.ts";
import { route } from "../route.ts";
import { CHANGED, DONE, jsonOf, object } from "../schemas.ts";

/** Of a touch without one. */
const DEFAULT_LEASE_MS = 30_000;

/** The result of the store for an event that moved to the dead queue. */
const DIED = 2;

const RECEIPT = bytesParameter(
  rawBytes,
  [1, 64],
  "The receipt of the delivery: with it nothing is done if the event was delivered again since",
);

export const ack = route({
  method: "POST",
  path: "/queues/{queue}/events/{id}:ack",
  role: "consume",
  weight: "small",
  query: { receipt: RECEIPT },
  about: {
    operation: "ack",
    summary: "Acknowledges an event, which removes it",
    description: "Without a receipt it removes an event in any state.",
    responses: DONE,
    errors: [404],
  },
  async handle({ path: { queue, id }, query: { receipt }, server: { store } }) {
    const removed = await store.ack(queue, id, receipt);
    if (removed === 0 && !receipt) throw new HttpError(404, `the queue does not hold event ${printable(id)}`);
    return done(removed, id, receipt);
  },
});

export const nack = route({
  method: "POST",
  path: "/queues/{queue}/events/{id}:nack",
  role: "consume",
  weight: "small",
  query: {
    receipt: RECEIPT,
    delay: seconds("The time until the next attempt, by default the queue's backoff"),
    dead: flag("This attempt is the last: the event moves to the dead queue"),
    reason: bytesParameter(rawBytes, [0, MAX_REASON_BYTES], "Why it failed; longer ones are cut"),
  },
  about: {
    operation: "nack",
    summary: "Returns a leased event to the queue as failed, or to the dead queue after its last attempt",
    responses: {
      200: jsonOf("It was done", object({ changed: CHANGED, state: { type: "string", enum: ["requeued", "dead"] } })),
    },
    errors: [404],
  },
  async handle({ path: { queue, id }, query: { receipt, delay, dead, reason }, server: { store, deadLetterLog } }) {
    if (dead && delay !== undefined) throw new HttpError(400, "delay and dead exclude each other");
    const options = { delayMs: delay, dead, reason: reason?.subarray(0, MAX_REASON_BYTES) };
    const result = await store.nack(queue, id, receipt, options);
    if (result === 0) return done(0, id, receipt);
    if (result === DIED) deadLetterLog.name(queue, id, reason);
    return jsonText(result === DIED ? '{"changed":1,"state":"dead"}' : '{"changed":1,"state":"requeued"}');
  },
});

export const touch = route({
  method: "POST",
  path: "/queues/{queue}/events/{id}:touch",
  role: "consume",
  weight: "small",
  query: { receipt: RECEIPT, lease: seconds("The lease from now on, by default 30 seconds") },
  about: {
    operation: "touch",
    summary: "Renews the lease of an event",
    responses: DONE,
    errors: [404],
  },
  async handle({ path: { queue, id }, query: { receipt, lease = DEFAULT_LEASE_MS }, server: { store } }) {
    return done(await store.touch(queue, id, lease, receipt), id, receipt);
  },
});

export const redo = route({
  method: "POST",
  path: "/queues/{queue}/events/{id}:redo",
  role: "consume",
  weight: "small",
  query: { receipt: RECEIPT },
  about: {
    operation: "redo",
    summary: "Returns a leased event to the queue, to be delivered next",
    responses: DONE,
    errors: [404],
  },
  async handle({ path: { queue, id }, query: { receipt }, server: { store } }) {
    return done(await store.redo(queue, id, receipt), id, receipt);
  },
});

/** @param changed 0 or 1 */
function done(changed: number, id: Uint8Array, receipt: Uint8Array | undefined): Response {
  if (changed > 0) return jsonText('{"changed":1}');
  throw new HttpError(404, `event ${printable(id)} is not leased${receipt ? " with this receipt" : ""}`);
}
