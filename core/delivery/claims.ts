/**
 * Taking events from several queues, and the life of a client that waits for that.
 *
 *     waits in the lines of its queues ── told of an event ──▶ okq claims for it ── got some ──▶ replies
 *                ▲                                                  │ somebody else was faster
 *                └──────────────────────────────────────────────────┘ it has kept its place
 *
 * Nobody sees a claim that finds nothing. A claim whose client has gone by the time it succeeds gives back what it got,
 * as if that had not been delivered.
 *
 * @module
 */
import type { Claimed, Store } from "../../store/store.ts";
import type { Wait } from "./blocking.ts";

/** What a client wants to take. */
export interface ClaimRequest {
  /** From where, the most urgent first. */
  queues: Uint8Array[];
  /** How many at the most. */
  count: number;
  /** For how long in milliseconds, by default as the policy of each queue says; 0 removes them at once. */
  leaseMs?: number;
}

/** An event that was taken. */
export interface ClaimedEvent extends Claimed {
  /** From which queue. */
  queue: Uint8Array;
}

/** The lease of an event that is removed as soon as its client is known to be there, in milliseconds. */
const HANDOVER_MS = 30_000;

/**
 * Takes what there is.
 * @throws {StoreUnavailable} if a queue cannot be asked and no other has an event
 */
export async function claimFrom(store: Store, { queues, count, leaseMs }: ClaimRequest): Promise<ClaimedEvent[]> {
  const taken: ClaimedEvent[] = [];
  let failure: unknown;
  const take = async (queue: Uint8Array) => {
    try {
      const claimed = await store.claim(queue, count - taken.length, leaseMs);
      for (const event of claimed) taken.push({ queue, ...event });
    } catch (error) {
      failure ??= error; // what was taken before has its reply all the same
    }
  };
  if (queues.length === 1) await take(queues[0]);
  else {
    // All are asked in one step, so that queues without events cost nothing more.
    const counts = await Promise.allSettled(queues.map((queue) => store.ready(queue)));
    for (const [i, ready] of counts.entries()) {
      if (ready.status === "rejected") failure ??= ready.reason;
      else if (ready.value > 0 && taken.length < count) await take(queues[i]);
    }
  }
  if (taken.length === 0 && failure !== undefined) throw failure;
  return taken;
}

/** Gives back, in their order, events that nobody has seen; at the latest they come back when their leases end. */
export async function releaseAll(store: Store, taken: ClaimedEvent[]): Promise<void> {
  // The last one is the next to be popped.
  await Promise.allSettled(taken.toReversed().map(({ queue, id, receipt }) => store.release(queue, id, receipt)));
}

/** One who waits for events and takes them. */
export class Claimer {
  /** Messages came while a claim was under way that it may not have seen. */
  missed = false;
  /** Resolves when no claim is under way. */
  settled: Promise<void> = Promise.resolve();
  #store: Store;
  #request: ClaimRequest;
  #wait: Wait<ClaimedEvent[]>;
  #busy = false;
  #expected = 0;
  #over = false;

  /** @param wait ended when events were taken */
  constructor(store: Store, request: ClaimRequest, wait: Wait<ClaimedEvent[]>) {
    this.#store = store;
    this.#request = request;
    this.#wait = wait;
  }

  /** Is told that there are events. Returns how many of them it is going to take, if it is not too late. */
  notify(events: number): number {
    const more = Math.min(events, this.#request.count - this.#expected);
    this.#expected += more;
    if (this.#busy) this.missed = true;
    else if (!this.#over) this.tryClaim();
    return more;
  }

  /** The wait has ended. */
  end(): void {
    this.#over = true;
  }

  /** Takes what there is and, if that is anything, ends the wait. */
  tryClaim(): void {
    this.settled = this.#tryClaim();
  }

  async #tryClaim(): Promise<void> {
    const { leaseMs } = this.#request;
    this.#busy = true;
    try {
      do {
        this.missed = false;
        const taken = await claimFrom(this.#store, {
          ...this.#request,
          leaseMs: leaseMs === 0 ? HANDOVER_MS : leaseMs,
        });
        if (taken.length > 0) return await this.#deliver(taken);
      } while (this.missed && !this.#over);
    } catch (error) {
      this.#wait.fail(error);
    } finally {
      this.#busy = false;
      this.#expected = 0;
    }
  }

  async #deliver(taken: ClaimedEvent[]): Promise<void> {
    if (this.#over) {
      return await releaseAll(this.#store, taken);
    }
    this.#wait.wake(taken);
  }
}
