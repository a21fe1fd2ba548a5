/**
 * The policy of a queue.
 *
 * @module
 */
import { concatBytes, sameBytes } from "./bytes.ts";
import { MAX_DURATION_MS, MAX_QUEUE_BYTES } from "./limits.ts";
import { partitionOf } from "./partition.ts";

export interface Policy {
  /** Failed deliveries after which an event moves to the dead queue; 0: never. */
  maxAttempts: number;
  /** Null means {@linkcode deadQueueOf}. */
  deadQueue: Uint8Array | null;
  /** Delay after the first failed delivery, in milliseconds, doubled with each further one. */
  backoffMs: number;
  /** Limit of the doubled delay; 0: none. */
  backoffMaxMs: number;
  /** Limit of events in any state; 0: none. */
  maxLength: number;
  /** Default lease time. */
  leaseMs: number;
  /** Limit of the events of one group that are ready or leased. */
  groupLimit: number;
  /** How long the id of an acknowledged event stays taken, in milliseconds; 0: not at all. */
  rememberMs: number;
  /** Limit of leased events; 0: none. */
  maxProcessing: number;
  /** Limit of deliveries, per second; 0: none. */
  rate: number;
}

export const DEFAULT_POLICY: Readonly<Policy> = {
  maxAttempts: 0,
  deadQueue: null,
  backoffMs: 0,
  backoffMaxMs: 0,
  maxLength: 0,
  leaseMs: 30_000,
  groupLimit: 1,
  rememberMs: 0,
  maxProcessing: 0,
  rate: 0,
};

export function isDefaultPolicy(policy: Readonly<Policy>): boolean {
  return (Object.keys(DEFAULT_POLICY) as (keyof Policy)[]).every((field) => policy[field] === DEFAULT_POLICY[field]);
}

/** Any backoff doubled this often exceeds {@linkcode MAX_DURATION_MS}. */
const MAX_DOUBLINGS = 100;

const DEAD = new TextEncoder().encode(":dead");

/** The default dead queue: the name followed by `:dead`. */
export function deadQueueOf(queue: Uint8Array): Uint8Array {
  return concatBytes(queue, DEAD);
}

/**
 * Whether events of a queue may move to that dead queue; otherwise they return to their own. A default dead queue may
 * be in another partition, or have too long a name.
 */
export function canBeDeadQueue(dead: Uint8Array, queue: Uint8Array): boolean {
  const isInReach = dead.length <= MAX_QUEUE_BYTES && partitionOf(dead) === partitionOf(queue);
  return isInReach && !sameBytes(dead, queue);
}

/**
 * The delay after a failed delivery, in milliseconds.
 *
 * @param failures this one included
 */
export function backoffMs({ backoffMs, backoffMaxMs }: Policy, failures: number): number {
  // Limited: 0 times infinity is NaN.
  const factor = 2 ** Math.min(failures - 1, MAX_DOUBLINGS);
  return Math.min(backoffMs * factor, backoffMaxMs || MAX_DURATION_MS, MAX_DURATION_MS);
}
