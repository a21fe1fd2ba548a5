/**
 * What can be said of a queue as a whole. A queue of which nothing was said has the {@linkcode DEFAULT_POLICY}.
 *
 * @module
 */
import { concatBytes } from "./bytes.ts";
import { MAX_DURATION_MS } from "./limits.ts";

/** How a queue treats its events. */
export interface Policy {
  /** After how many failed deliveries an event goes to the dead queue; 0: never. */
  maxAttempts: number;
  /** Where it goes then; null: {@linkcode deadQueueOf} says. */
  deadQueue: Uint8Array | null;
  /** How long an event is kept back after its first failure, in milliseconds; twice as long after each further one. */
  backoffMs: number;
  /** The longest time that an event is kept back after a failure, in milliseconds; 0: no bound. */
  backoffMaxMs: number;
  /** How many events the queue may hold; 0: any number. */
  maxLength: number;
  /** How long an event is leased if its consumer does not say, in milliseconds. */
  leaseMs: number;
}

/** The policy of a queue that was given none. */
export const DEFAULT_POLICY: Readonly<Policy> = {
  maxAttempts: 0,
  deadQueue: null,
  backoffMs: 0,
  backoffMaxMs: 0,
  maxLength: 0,
  leaseMs: 30_000,
};

/** After this many even the shortest backoff is longer than that. */
const MOST_DOUBLINGS = 100;

const DEAD = new TextEncoder().encode(":dead");

/** The dead queue of a queue that was not given another: its name and `:dead`. */
export function deadQueueOf(queue: Uint8Array): Uint8Array {
  return concatBytes(queue, DEAD);
}

/**
 * How long an event is kept back after a failure, in milliseconds.
 * @param failures how many of its deliveries have failed, this one included
 */
export function backoffMs({ backoffMs, backoffMaxMs }: Policy, failures: number): number {
  // Bounded, because nothing times infinity is no number.
  const times = 2 ** Math.min(failures - 1, MOST_DOUBLINGS);
  return Math.min(backoffMs * times, backoffMaxMs || MAX_DURATION_MS, MAX_DURATION_MS);
}
