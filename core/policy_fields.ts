/**
 * The fields of a queue's policy as QCONFIG and HTTP name them, times in seconds.
 *
 * @module
 */
import {
  MAX_DURATION_MS,
  MAX_FAILURES,
  MAX_GROUP_LIMIT,
  MAX_RATE,
  MAX_REMEMBER_MS,
  MIN_RATE,
} from "../store/limits.ts";
import { deadQueueOf, type Policy } from "../store/policy.ts";
import type { Store } from "../store/store.ts";
import { decimal, milliseconds, type OptionReader, outOfRange, queueName, wholeNumberFrom } from "./arguments.ts";
import { NO_QUEUE_PERMISSION, type User } from "./auth/user.ts";
import { CommandError } from "./command_spec.ts";
import { requireSamePartition } from "./delivery/move.ts";

export interface PolicyField {
  key: keyof Policy;
  kind: "count" | "seconds" | "rate" | "queue";
  /** Bounds of the value as clients write it. */
  min: number;
  max: number;
  /** Reads the value of the policy. */
  read: OptionReader<number | Uint8Array>;
}

/** By name, in the order in which QCONFIG GET returns them. */
export const POLICY_FIELDS: Readonly<Record<string, PolicyField>> = {
  "max-attempts": count("maxAttempts", 0, MAX_FAILURES),
  "dead-queue": { key: "deadQueue", kind: "queue", min: 0, max: 0, read: (name) => queueName(name).slice() },
  "backoff": seconds("backoffMs", 0),
  "backoff-max": seconds("backoffMaxMs", 0),
  "max-length": count("maxLength", 0, Number.MAX_SAFE_INTEGER),
  // 0 would remove every popped event: a consumer must request that itself.
  "lease": seconds("leaseMs", 1),
  "group-limit": count("groupLimit", 1, MAX_GROUP_LIMIT),
  "remember": seconds("rememberMs", 0, MAX_REMEMBER_MS),
  "max-processing": count("maxProcessing", 0, Number.MAX_SAFE_INTEGER),
  "rate": { key: "rate", kind: "rate", min: 0, max: MAX_RATE, read: readRate },
};

/**
 * Checks that dead letters can move to the dead queue, if the change names one or limits attempts.
 * @throws {CommandError}
 */
export async function checkDeadQueue(
  store: Store,
  user: User | undefined,
  queue: Uint8Array,
  change: Partial<Policy>,
): Promise<void> {
  const { deadQueue } = change;
  if (deadQueue && !user?.mayAccess(deadQueue)) throw new CommandError(NO_QUEUE_PERMISSION);
  // A queue named ':dead', or with a name too long for the suffix, has no valid default.
  const effective = deadQueue ??
    (change.maxAttempts ? (await store.policy(queue)).deadQueue ?? deadQueueOf(queue) : undefined);
  if (effective) requireSamePartition(queue, queueName(effective), "dead-queue");
}

function count(key: keyof Policy, min: number, max: number): PolicyField {
  return { key, kind: "count", min, max, read: wholeNumberFrom(min, max) };
}

function seconds(key: keyof Policy, minMs: number, maxMs = MAX_DURATION_MS): PolicyField {
  const read = (bytes: Uint8Array, name: string) => {
    const ms = milliseconds(bytes, name);
    if (ms < minMs || ms > maxMs) throw outOfRange(name);
    return ms;
  };
  return { key, kind: "seconds", min: minMs / 1000, max: maxMs / 1000, read };
}

function readRate(bytes: Uint8Array, name: string): number {
  const rate = decimal(bytes);
  if (rate === 0 || (rate >= MIN_RATE && rate <= MAX_RATE)) return rate;
  throw outOfRange(name);
}
