/**
 * Claims of events from several queues, and the life of a blocked claim:
 *
 *     waits in the queues' wait queues ── notified ──▶ claims from the store ── got events ──▶ replies
 *                ▲                                              │ another client was faster
 *                └──────────────────────────────────────────────┘ it keeps its position
 *
 * If the client disconnects before its claim succeeds, or before the system has taken the reply, the events are released
 * as if they had not been delivered.
 *
 * @module
 */
import type { Claimed, Store } from "../../store/store.ts";
import type { Log } from "../log.ts";
import type { Wait } from "./blocking.ts";
import type { ClaimBudget } from "./claim_budget.ts";

export interface ClaimRequest {
  /** Distinct queues, highest priority first. */
  queues: Uint8Array[];
  /** Limit of events. */
  count: number;
  /** In milliseconds; by default each queue's own, 0 removes the events at once. */
  leaseMs?: number;
}

export interface ClaimedEvent extends Claimed {
  queue: Uint8Array;
}

/** A delivered event without its contents. */
export type DeliveredEvent = Pick<ClaimedEvent, "queue" | "id" | "receipt">;

/** Lease of an event that is removed once its client is known to be still connected. */
const HANDOVER_LEASE_MS = 30_000;

/** @throws {StoreUnavailable} if a queue cannot be reached and no other has events */
export async function claimFrom(store: Store, budget: ClaimBudget, request: ClaimRequest): Promise<ClaimedEvent[]> {
  const maxBytes = budget.share;
  budget.take(maxBytes);
  try {
    return await claimUpTo(maxBytes, store, request);
  } finally {
    budget.free(maxBytes);
  }
}

async function claimUpTo(maxBytes: number, store: Store, request: ClaimRequest): Promise<ClaimedEvent[]> {
  const { queues, count, leaseMs } = request;
  const events: ClaimedEvent[] = [];
  let bytes = 0;
  let failure: unknown;
  const claim = async (queue: Uint8Array) => {
    try {
      const claimed = await store.claim(queue, count - events.length, leaseMs, maxBytes - bytes);
      for (const event of claimed) {
        events.push({ queue, ...event });
        bytes += event.contents.length;
      }
    } catch (error) {
      failure ??= error; // events claimed before are delivered all the same
    }
  };
  if (queues.length === 1) await claim(queues[0]);
  else {
    // One batch asks all queues, so that empty ones cost no further step.
    const counts = await Promise.allSettled(queues.map((queue) => store.ready(queue)));
    for (const [i, ready] of counts.entries()) {
      if (ready.status === "rejected") failure ??= ready.reason;
      else if (ready.value > 0 && events.length < count && bytes < maxBytes) await claim(queues[i]);
    }
  }
  if (events.length === 0 && failure !== undefined) throw failure;
  return events;
}

/** Copies, because results of the store are views of a whole batch's reply. */
export function deliveriesOf(events: ClaimedEvent[]): DeliveredEvent[] {
  return events.map(({ queue, id, receipt }) => ({ queue, id: id.slice(), receipt: receipt.slice() }));
}

/** Releases undelivered events in their order. If that fails, they return when their leases end. */
export async function releaseAll(store: Store, log: Log, events: DeliveredEvent[]): Promise<void> {
  // The event released last is the next to be popped.
  const releases = events.toReversed().map(({ queue, id, receipt }) => store.release(queue, id, receipt));
  const failed = (await Promise.allSettled(releases)).find((result) => result.status === "rejected");
  if (failed) log.warn("Undelivered events return only when their leases end", { error: failed.reason });
}

/** In the wait queue of a queue. */
export interface Waiter {
  /** Events of the queue are ready. Returns for how many of them no other client need be notified. */
  notify(queue: Uint8Array, events: number): number;
  /** The same while they are being pushed, for a client that does not see whether they come. */
  expect?(queue: Uint8Array, events: number): number;
}

export class Claimer implements Waiter {
  /** A notification arrived during a store call that may not have seen its events. */
  missed = false;
  /** Resolves when no store call is running. */
  idle: Promise<void> = Promise.resolve();
  readonly #store: Store;
  readonly #log: Log;
  readonly #budget: ClaimBudget;
  readonly #request: ClaimRequest;
  readonly #wait: Wait<ClaimedEvent[]>;
  #busy = false;
  /** Events accepted from notifications, and from pushes ahead of theirs, since no store call was running. */
  #notified = 0;
  #expected = 0;
  #ended = false;

  /** @param wait ended when events were claimed */
  constructor(store: Store, log: Log, budget: ClaimBudget, request: ClaimRequest, wait: Wait<ClaimedEvent[]>) {
    this.#store = store;
    this.#log = log;
    this.#budget = budget;
    this.#request = request;
    this.#wait = wait;
  }

  notify(_queue: Uint8Array, events: number): number {
    const accepted = Math.min(events, this.#request.count - this.#notified);
    this.#notified += accepted;
    this.tryClaim();
    return accepted;
  }

  /** During a store call it does nothing: a notification follows if that does not deliver them. */
  expect(queue: Uint8Array, events: number): number {
    const accepted = Math.min(events, this.#request.count - this.#expected);
    this.#expected += accepted;
    if (!this.#busy && !this.#ended) this.idle = this.#tryClaim([queue], true);
    return accepted;
  }

  /** During a store call it tries again after that. */
  tryClaim(): void {
    if (this.#busy) this.missed = true;
    else if (!this.#ended) this.idle = this.#tryClaim(this.#request.queues, false);
  }

  end(): void {
    this.#ended = true;
  }

  /** @param isEarly the events may not come: that the claim fails, too, is no reason to end the wait */
  async #tryClaim(queues: Uint8Array[], isEarly: boolean): Promise<void> {
    const { count, leaseMs } = this.#request;
    const request = { queues, count, leaseMs: leaseMs === 0 ? HANDOVER_LEASE_MS : leaseMs };
    this.#busy = true;
    try {
      do {
        this.missed = false;
        const events = await claimFrom(this.#store, this.#budget, request);
        if (events.length > 0) return await this.#deliver(events);
        request.queues = this.#request.queues;
      } while (this.missed && !this.#ended);
    } catch (error) {
      if (isEarly) this.#log.debug("Cannot claim pushed events", { error });
      else this.#wait.fail(error);
    } finally {
      this.#busy = false;
      this.#notified = 0;
      this.#expected = 0;
    }
  }

  async #deliver(events: ClaimedEvent[]): Promise<void> {
    if (this.#ended) await releaseAll(this.#store, this.#log, events);
    else this.#wait.wake(events);
  }
}
