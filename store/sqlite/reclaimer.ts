/**
 * Ends what is due in small transactions, so that the event loop keeps running while many leases end at once.
 *
 * @module
 */
import type { GroupCommit } from "./database/group_commit.ts";
import type { Redelivery } from "./operations/redelivery.ts";
import type { Cleanup } from "./cleanup.ts";

/** Less than 10 ms. */
const EVENTS_PER_STEP = 1_000;

/** About 10 ms each. */
const CLEANUP_STEPS_PER_CALL = 4;

export class Reclaimer {
  readonly #commit: GroupCommit;
  readonly #redelivery: Redelivery;
  readonly #cleanup: Cleanup;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(commit: GroupCommit, redelivery: Redelivery, cleanup: Cleanup) {
    this.#commit = commit;
    this.#redelivery = redelivery;
    this.#cleanup = cleanup;
  }

  /** Overlapping calls run one after the other. Resolves to the number of events that became ready. */
  reclaim(): Promise<number> {
    const result = this.#last.then(() => this.#reclaim());
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when the current step is done; no other follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #reclaim(): Promise<number> {
    const now = Date.now();
    const positions = new Map<number, number>();
    let total = 0;
    await this.#runSteps(Infinity, () => {
      const { seen, ready } = this.#redelivery.endDue(now, EVENTS_PER_STEP, positions);
      total += ready;
      return seen === EVENTS_PER_STEP;
    });
    await this.#runSteps(Infinity, () => this.#redelivery.removeExpired(now, EVENTS_PER_STEP));
    await this.#runSteps(CLEANUP_STEPS_PER_CALL, () => this.#cleanup.step());
    return total;
  }

  /** Each step has its own transaction and event-loop turn; the last returns false. */
  async #runSteps(max: number, step: () => boolean): Promise<void> {
    for (let i = 0; i < max && !this.#stopped; i++) {
      if (!await this.#commit.run(step)) return;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}
