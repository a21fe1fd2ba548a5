/**
 * The policy of a queue: attempts, dead queue, backoff, length, lease time. Queues without one have the
 * {@linkcode DEFAULT_POLICY}.
 *
 * @module
 */
import { concatBytes } from "./bytes.ts";
import { MAX_DURATION_MS } from "./limits.ts";

/** How a queue treats its events. */
export interface Policy {
  /** The number of failed deliveries after which an event moves to the dead queue; 0: never. */
  maxAttempts: number;
  /** The name of the dead queue; null: that of {@linkcode deadQueueOf}. */
  deadQueue: Uint8Array | null;
  /** The delay of an event after its first failed delivery, in milliseconds; it doubles with each further one. */
  backoffMs: number;
  /** The longest such delay, in milliseconds; 0: no limit. */
  backoffMaxMs: number;
  /** The largest number of events in the queue; 0: no limit. */
  maxLength: number;
  /** The lease time of deliveries that do not set their own, in milliseconds. */
  leaseMs: number;
}

/** The policy of queues that have none. */
export const DEFAULT_POLICY: Readonly<Policy> = {
  maxAttempts: 0,
  deadQueue: null,
  backoffMs: 0,
  backoffMaxMs: 0,
  maxLength: 0,
  leaseMs: 30_000,
};

/** After this many doublings every backoff exceeds {@linkcode MAX_DURATION_MS}. */
const MAX_DOUBLINGS = 100;

const DEAD = new TextEncoder().encode(":dead");

/** The default dead queue of a queue: its name followed by `:dead`. */
export function deadQueueOf(queue: Uint8Array): Uint8Array {
  return concatBytes(queue, DEAD);
}

/**
 * The delay of an event after a failed delivery, in milliseconds.
 * @param failures the number of its failed deliveries, this one included
 */
export function backoffMs({ backoffMs, backoffMaxMs }: Policy, failures: number): number {
  // Limited, because 0 times infinity is NaN.
  const factor = 2 ** Math.min(failures - 1, MAX_DOUBLINGS);
  return Math.min(backoffMs * factor, backoffMaxMs || MAX_DURATION_MS, MAX_DURATION_MS);
}
