/**
 * Applies what is due in queues: leases and pauses that end, delays, expiry.
 *
 * A queue gets a step at a time, and others their turn before its next one, however much is due in it.
 *
 * @module
 */
import type { Buffer } from "../../deps.ts";
import { keyOf } from "../bytes.ts";
import type { Reclaimed } from "../store.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import type { ClockWatch } from "./clock_watch.ts";
import type { Link } from "./connection/link.ts";
import type { DeadLetterTargets } from "./transfers.ts";
import { RECLAIM } from "./script/operations.ts";

/** Leases ended and other due entries applied in one step: about a millisecond of Redis. */
const MAX_STEP_EVENTS = 250;
/** Steps that travel together, between the operations of clients. */
const MAX_STEPS = 4;
const MAX_DUE_QUEUES = 64;

/**
 * Reclaims due queues until none is due, in two steps because a script must declare its keys: finds them, then calls the
 * script with their keys. A queue that fails does not keep the others waiting.
 */
export async function reclaimGroup(
  link: Link,
  { batcher, keys }: PartitionGroup,
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
    // Mostly none is due, and the first one tells it.
    const { now, timers } = await firstTimers(link, keys.timers, isFirst ? 1 : MAX_DUE_QUEUES + failed.size);
    if (clock.pauses(now, requestedAt, performance.now())) break;
    const due = timers.filter(({ at }) => at <= now);
    if (isFirst && due.length > 0) total.lateMs = Math.floor(now - due[0].at);
    const queues = due.map(({ member }) => member).filter((queue) => !failed.has(keyOf(queue)));
    if (queues.length === 0) break;
    while (queues.length > 0) await Promise.all(queues.splice(0, MAX_STEPS).map(step));
  }
  for (const error of failed.values()) throw error;
  return total;
}

/** The first members of a sorted set of times, and the time by the clock of Redis; times in milliseconds. */
export async function firstTimers(
  link: Link,
  key: string,
  count: number,
): Promise<{ now: number; timers: { member: Buffer; at: number }[] }> {
  const [found, time] = await link.send(key, [
    ["ZRANGE", key, "0", String(count - 1), "WITHSCORES"],
    ["TIME"],
  ]) as [Buffer[], Buffer[]];
  const timers = [];
  for (let i = 0; i < found.length; i += 2) timers.push({ member: found[i], at: Number(keyOf(found[i + 1])) });
  const [seconds, microseconds] = time.map((part) => Number(keyOf(part)));
  return { now: seconds * 1000 + Math.floor(microseconds / 1000), timers };
}
