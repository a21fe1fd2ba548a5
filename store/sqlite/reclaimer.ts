/**
 * Ends what is due in small transactions, so that the event loop keeps running while much is due at once. Queues take
 * turns: what is due in one does not wait for all that is due in another.
 *
 * @module
 */
import type { Reclaimed } from "../store.ts";
import type { Cleanup } from "./cleanup.ts";
import type { GroupCommit } from "./database/group_commit.ts";
import type { DueBatch, Redelivery } from "./operations/redelivery.ts";
import type { Tables } from "./tables/tables.ts";

/** Less than 10 ms. */
const EVENTS_PER_STEP = 1_000;

/** Until it is the turn of the next queue. */
const EVENTS_PER_QUEUE = 250;

/** What looking at a queue costs, in events. */
const QUEUE_COST = 3;

/** Some ms each; leases that end meanwhile wait for them. */
const CLEANUP_STEPS_PER_CALL = 8;

/** Between two of them, because others come first. */
const CLEANUP_PAUSE_MS = 8;

interface Turn {
  kind: "due" | "expiry" | "places";
  queueId: number;
}

export class Reclaimer {
  readonly #commit: GroupCommit;
  readonly #tables: Tables;
  readonly #redelivery: Redelivery;
  readonly #cleanup: Cleanup;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(commit: GroupCommit, tables: Tables, redelivery: Redelivery, cleanup: Cleanup) {
    this.#commit = commit;
    this.#tables = tables;
    this.#redelivery = redelivery;
    this.#cleanup = cleanup;
  }

  /** Overlapping calls run one after the other. */
  reclaim(): Promise<Reclaimed> {
    const result = this.#last.then(() => this.#reclaim());
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when the current step is done; no other follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #reclaim(): Promise<Reclaimed> {
    const { clock, policies } = this.#tables;
    const total: Reclaimed = { ready: 0, lateMs: 0 };
    const batches = new Map<number, DueBatch>();
    let startedAt: number | undefined;
    let turns: Turn[] = [];
    await this.#runSteps(Infinity, () => {
      startedAt ??= clock.now;
      if (turns.length === 0) turns = this.#turns(startedAt);
      for (let left = EVENTS_PER_STEP; left > 0 && turns.length > 0;) {
        const { kind, queueId } = turns.pop()!;
        const limit = Math.min(left, EVENTS_PER_QUEUE);
        const { seen, ready, firstDue } = kind === "due"
          ? this.#redelivery.endDue(queueId, limit, batches)
          : kind === "expiry"
          ? this.#redelivery.removeExpired(queueId, limit)
          : this.#redelivery.fillPlaces(queueId, limit);
        total.ready += ready;
        total.lateMs = Math.max(total.lateMs, startedAt - firstDue);
        left -= seen + QUEUE_COST;
      }
      return turns.length > 0 || this.#turns(startedAt).length > 0 || policies.mayEndPauses(clock.now);
    });
    await this.#runSteps(CLEANUP_STEPS_PER_CALL, () => this.#cleanup.step(this.#commit.full), CLEANUP_PAUSE_MS);
    return total;
  }

  /** A round: all queues where anything is due now, while anything is that was due at `startedAt`. */
  #turns(startedAt: number): Turn[] {
    const { clock, deadlines, groups } = this.#tables;
    const places = groups.withFreePlaces();
    if ([places, deadlines.due.due(startedAt), deadlines.expiry.due(startedAt)].every(({ length }) => length === 0)) {
      return [];
    }
    return [
      ...places.map((queueId): Turn => ({ kind: "places", queueId })),
      ...deadlines.expiry.due(clock.now).map((queueId): Turn => ({ kind: "expiry", queueId })),
      ...deadlines.due.due(clock.now).map((queueId): Turn => ({ kind: "due", queueId })),
    ];
  }

  /** Each step has its own transaction and event-loop turn; the last returns false. */
  async #runSteps(max: number, step: () => boolean, pauseMs = 0): Promise<void> {
    for (let i = 0; i < max && !this.#stopped; i++) {
      if (!await this.#commit.run(step)) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
