/**
 * Applies what is due in queues: leases and pauses that end, delays, expiry.
 *
 * A queue gets a step at a time, and others their turn before its next one, however much is due in it.
 *
 * @module
 */
import { keyOf } from "../bytes.ts";
import type { Reclaimed } from "../store.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import type { ClockWatch } from "./clock_watch.ts";
import type { Link } from "./connection/link.ts";
import type { DeadLetterTargets } from "./dead_letter_target.ts";
import dueSource from "./script/due_queues.lua" with { type: "text" };
import { RECLAIM } from "./script/operations.ts";
import { Script } from "./script/script.ts";

/** Leases ended and other due entries applied in one step: about a millisecond of Redis. */
const MAX_STEP_EVENTS = 250;
/** Steps that travel together, between the operations of clients. */
const MAX_STEPS = 4;
const MAX_DUE_QUEUES = 64;

const dueScript = new Script(dueSource);

/**
 * Reclaims due queues until none is due, in two steps because a script must declare its keys: finds them, then calls the
 * script with their keys. A queue that fails does not keep the others waiting.
 */
export async function reclaimGroup(
  link: Link,
  { batcher, timers }: PartitionGroup,
  clock: ClockWatch,
  deadLetterTargets: DeadLetterTargets,
): Promise<Reclaimed> {
  const total: Reclaimed = { ready: 0, lateMs: 0 };
  const failed = new Map<string, unknown>();
  /** Where to go on sweeping the ready list of a queue. */
  const parts = new Map<string, number>();
  const step = async (queue: Uint8Array) => {
    const key = keyOf(queue);
    try {
      const { ready, nextPart } = await deadLetterTargets.with(
        queue,
        false,
        (dead) => batcher.submit(RECLAIM, queue, MAX_STEP_EVENTS, dead, parts.get(key) ?? 0),
      );
      total.ready += ready;
      parts.set(key, nextPart);
    } catch (error) {
      failed.set(key, error);
    }
  };
  for (let isFirst = true;; isFirst = false) {
    const requestedAt = performance.now();
    const [reply] = await dueScript.call(link, timers, [String(MAX_DUE_QUEUES + failed.size)]);
    const [now, lateMs, ...due] = reply as [number, number, ...Uint8Array[]];
    if (clock.pauses(now, requestedAt, performance.now())) break;
    if (isFirst) total.lateMs = lateMs;
    const queues = due.filter((queue) => !failed.has(keyOf(queue)));
    if (queues.length === 0) break;
    while (queues.length > 0) await Promise.all(queues.splice(0, MAX_STEPS).map(step));
  }
  for (const error of failed.values()) throw error;
  return total;
}
