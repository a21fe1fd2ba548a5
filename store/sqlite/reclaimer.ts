/**
 * Does what is due in steps, so that the event loop goes on while very many leases end together.
 *
 * @module
 */
import type { GroupCommit } from "./database/group_commit.ts";
import type { Redelivery } from "./operations/redelivery.ts";
import type { Sweeper } from "./sweeper.ts";

/** Events looked at in one transaction: less than 10 ms. */
const EVENTS_PER_STEP = 1_000;

/** Steps of sweeping in each call: some 10 ms each. */
const SWEEPS = 4;

/** The duties that come round: what is due, and after that what {@linkcode Sweeper} does. */
export class Reclaimer {
  readonly #commit: GroupCommit;
  readonly #returns: Redelivery;
  readonly #sweeper: Sweeper;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(commit: GroupCommit, returns: Redelivery, sweeper: Sweeper) {
    this.#commit = commit;
    this.#returns = returns;
    this.#sweeper = sweeper;
  }

  /** Does what is due; calls that overlap take turns. Resolves to the number of events that became ready. */
  reclaim(): Promise<number> {
    const turn = this.#last.then(() => this.#reclaim());
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Resolves when the step at hand is done; no other follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #reclaim(): Promise<number> {
    const now = Date.now();
    const places = new Map<number, number>();
    let total = 0;
    await this.#inSteps(Infinity, () => {
      const { seen, back } = this.#returns.endTimes(now, EVENTS_PER_STEP, places);
      total += back;
      return seen === EVENTS_PER_STEP;
    });
    await this.#inSteps(Infinity, () => this.#returns.removeExpired(now, EVENTS_PER_STEP));
    await this.#inSteps(SWEEPS, () => this.#sweeper.sweep());
    return total;
  }

  /** Takes steps, each in a transaction and a turn of the event loop of its own, for as long as one says there is more. */
  async #inSteps(most: number, step: () => boolean): Promise<void> {
    for (let i = 0; i < most && !this.#stopped; i++) {
      if (!await this.#commit.run(step)) return;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}
