/**
 * Actions on a whole queue.
 *
 * @module
 */
import { keyOf, sameBytes } from "../../store/bytes.ts";
import {
  MAX_DURATION_MS,
  MAX_FAILURES,
  MAX_GROUP_LIMIT,
  MAX_RATE,
  MAX_REMEMBER_MS,
  MIN_RATE,
} from "../../store/limits.ts";
import { partitionOf } from "../../store/partition.ts";
import { deadQueueOf, DEFAULT_POLICY, type Policy } from "../../store/policy.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { actionRoute } from "./action.ts";
import { BadRequest, numberOf, queueOf, rateOf } from "./json.ts";

/** A year; a pause may also have no end. */
const MAX_PAUSE_MS = 31_536_000_000;

/** Events looked at in one request: the page sends several and shows how far they are. */
const MAX_MOVED = 5000;

/** Moves the oldest ready events first, in steps between which the store serves others. */
export const move = actionRoute({
  name: "move",
  role: "admin",
  async run(body, { server: { store }, user }) {
    const source = queueOf(body.queue, user);
    const destination = queueOf(body.destination, user, "The name of the destination");
    const count = numberOf(body.count ?? MAX_MOVED, "The number of events", 1, MAX_MOVED);
    const skip = numberOf(body.skip ?? 0, "The number of skipped events", 0, Number.MAX_SAFE_INTEGER);
    requireSamePartition(source, destination);
    let [moved, skipped] = [0, 0];
    while (moved + skipped < count) {
      const step = await store.move(source, destination, count - moved - skipped, skip + skipped).catch((error) => {
        if (moved + skipped > 0 && error instanceof StoreUnavailable) return { moved: 0, skipped: 0 }; // the next request says why
        throw error;
      });
      moved += step.moved;
      skipped += step.skipped;
      if (step.moved + step.skipped === 0) break;
    }
    return { fields: { queue: source, destination }, changed: moved, skipped };
  },
});

/** @throws {BadRequest} if events cannot move between two queues */
export function requireSamePartition(queue: Uint8Array, other: Uint8Array, what = "The destination"): void {
  if (sameBytes(queue, other)) throw new BadRequest(`${what} must be another queue`);
  if (partitionOf(queue) === partitionOf(other)) return;
  throw new BadRequest(`${what} must be the queue's dead queue, the queue of this dead queue, or have the same {tag}`);
}

/** Changes the policy of a queue, all of it; null stands for the default of a field. */
export const policy = actionRoute({
  name: "policy",
  role: "admin",
  async run(body, { server: { store }, user }) {
    const queue = queueOf(body.queue, user);
    const number = (name: keyof typeof DEFAULT_POLICY, what: string, min: number, max: number) =>
      numberOf(body[name] ?? DEFAULT_POLICY[name], what, min, max);
    const deadQueue = body.deadQueue == null ? null : queueOf(body.deadQueue, user, "The name of the dead queue");
    const policy: Policy = {
      maxAttempts: number("maxAttempts", "The number of attempts", 0, MAX_FAILURES),
      deadQueue,
      backoffMs: number("backoffMs", "The backoff", 0, MAX_DURATION_MS),
      backoffMaxMs: number("backoffMaxMs", "The longest backoff", 0, MAX_DURATION_MS),
      maxLength: number("maxLength", "The greatest length", 0, Number.MAX_SAFE_INTEGER),
      leaseMs: number("leaseMs", "The lease", 1, MAX_DURATION_MS),
      groupLimit: number("groupLimit", "The limit of a group", 1, MAX_GROUP_LIMIT),
      rememberMs: number("rememberMs", "The time for which ids stay taken", 0, MAX_REMEMBER_MS),
      maxProcessing: number("maxProcessing", "The limit of processing events", 0, Number.MAX_SAFE_INTEGER),
      rate: rateOf(body.rate ?? DEFAULT_POLICY.rate, "The rate", MIN_RATE, MAX_RATE),
    };
    // A queue named ":dead", or with a name too long for the suffix, has no valid default.
    const dead = deadQueue ?? (policy.maxAttempts > 0 ? deadQueueOf(queue) : undefined);
    if (dead) requireSamePartition(queue, queueOf(keyOf(dead), user, "The name of the dead queue"), "The dead queue");
    await store.setPolicy(queue, policy);
    return { fields: { queue }, changed: 1 };
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
