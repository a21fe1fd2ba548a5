/**
 * What the ways of taking events from an okq have in common: with QCLAIM, or with QNOTIFY and QRPOP.
 *
 * @module
 */
import type { Delivered } from "../event.ts";

/** What takes the events. */
export interface Taker {
  /** How many events it can take now. If that is none, `wanted` is called as soon as it is more. */
  free(): number;
  /** Takes one. */
  take(event: Delivered): void;
}

/** What a way of taking events must know. */
export interface ClaimLoopOptions {
  /** The queues. */
  queues: readonly string[];
  /** How long an event is leased, in milliseconds. */
  leaseMs: number;
  /** What takes the events. */
  taker: Taker;
  /** Aborted when the consumer hangs up. */
  closed: AbortSignal;
  /** Told that the server serves. */
  served: () => void;
  /** Told when no event is under way any more. */
  idled: () => void;
}
