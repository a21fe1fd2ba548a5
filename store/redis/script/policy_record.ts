/**
 * The record of a queue's policy in Redis, as `lua/policy.lua` describes it.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { DEFAULT_POLICY, type Policy } from "../../policy.ts";

/** The numbers in the order in which the record has them; until when the queue is paused comes after. */
const NUMBERS = ["maxAttempts", "backoffMs", "backoffMaxMs", "maxLength", "leaseMs"] as const;

/** Stands for what does not change. */
const SAME = "~";

/** Stands for the dead queue that a queue has by default. */
const OWN_DEAD_QUEUE = "-";

/** What a record says; without one, what holds for every queue. */
export function readPolicyRecord(record: Uint8Array | null): Policy {
  if (record === null) return { ...DEFAULT_POLICY };
  const values = keyOf(record).split(" ");
  const [maxAttempts, backoffMs, backoffMaxMs, maxLength, leaseMs] = values.map(Number);
  const dead = values.slice(NUMBERS.length + 1).join(" ");
  const deadQueue = dead === OWN_DEAD_QUEUE ? null : new Uint8Array(Buffer.from(dead.slice(1), "latin1"));
  return { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs };
}

/** A change as the script takes it; null takes back all. */
export function packPolicyChange(change: Partial<Policy> | null): Uint8Array {
  const { deadQueue, ...numbers } = change ?? DEFAULT_POLICY;
  const values = [...NUMBERS.map((name) => numbers[name] ?? SAME), SAME];
  const dead = deadQueue === undefined ? SAME : deadQueue === null ? OWN_DEAD_QUEUE : `+${keyOf(deadQueue)}`;
  return Buffer.from(`${values.join(" ")} ${dead}`, "latin1");
}
