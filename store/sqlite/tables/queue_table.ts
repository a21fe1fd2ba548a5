/**
 * The queues that hold events, cached: the id of each name, the number of events in each state, the ends.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { type QueueCounters, type QueueCounts, zeroCounts } from "../../counters.ts";
import { FIRST_POSITION, LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { PolicyTable } from "./policy_table.ts";

/** A queue as the current transaction sees it. Call {@linkcode QueueTable.markChanged} after changing a field. */
export interface QueueEntry {
  /** The map key of the name. */
  readonly key: string;
  /** The name, copied: a view would keep a whole block of received bytes alive. */
  readonly name: Uint8Array;
  /** Stands for the name in the events table. */
  readonly id: number;
  /** Number of ready events. */
  ready: number;
  /** Number of leased events. */
  leased: number;
  /** Number of delayed events. */
  delayed: number;
  /** No event has a smaller position. */
  leftmost: number;
  /** No event has a greater position. */
  rightmost: number;
  /** Number of events that became ready since the queue was last saved. */
  newlyReady: number;
  /** What happened to events since the queue was last saved. */
  counts: QueueCounts;
}

type Row = [id: number, ready: number, leased: number, delayed: number, leftmost: number, rightmost: number];

/** The number of events in a queue. */
export function totalOf({ ready, leased, delayed }: QueueEntry): number {
  return ready + leased + delayed;
}

/** The cache of the queues. A rollback drops it; it fills again from the tables. */
export class QueueTable {
  readonly #byKey = new Map<string, QueueEntry>();
  readonly #byId = new Map<number, QueueEntry>();
  /** Queues that differ from their rows. */
  readonly #changed = new Set<QueueEntry>();
  /** Events that became ready in this transaction, of the saved queues. */
  readonly #newlyReady = new Map<string, number>();
  /** What happened to events in this transaction, of the saved queues. */
  #savedCounts: [key: string, counts: QueueCounts][] = [];
  readonly #policies: PolicyTable;
  readonly #counters: QueueCounters;
  readonly #onReady: (key: string, events: number) => void;
  readonly #find;
  readonly #nameOf;
  readonly #names;
  readonly #save;
  readonly #delete;
  #lastId: number;

  /**
   * @param counters incremented after each commit
   * @param onReady called after each commit for each queue that is not paused and got ready events
   */
  constructor(
    db: DatabaseSync,
    policies: PolicyTable,
    counters: QueueCounters,
    onReady: (key: string, events: number) => void,
  ) {
    this.#policies = policies;
    this.#counters = counters;
    this.#onReady = onReady;
    this.#find = prepare<Row>(db, "findQueue");
    this.#nameOf = prepare<[Uint8Array]>(db, "queueName");
    this.#names = prepare<[Uint8Array]>(db, "queueNames");
    this.#save = prepare(db, "saveQueue");
    this.#delete = prepare(db, "deleteQueue");
    this.#lastId = prepare<[number | null]>(db, "lastQueueId").get()?.[0] ?? 0;
  }

  /** Finds a queue that holds events. */
  find(name: Uint8Array): QueueEntry | undefined {
    const key = keyOf(name);
    const queue = this.#byKey.get(key);
    if (queue !== undefined) return queue;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const [id, ready, leased, delayed, leftmost, rightmost] = row;
    const counts = { ready, leased, delayed, newlyReady: 0, counts: zeroCounts() };
    return this.#cache({ key, name: name.slice(), id, leftmost, rightmost, ...counts });
  }

  /** Finds or creates a queue, to add an event to it. */
  findOrCreate(name: Uint8Array): QueueEntry {
    const queue = this.find(name);
    if (queue !== undefined) return queue;
    const ends = { leftmost: FIRST_POSITION, rightmost: FIRST_POSITION };
    const counts = { ready: 0, leased: 0, delayed: 0, newlyReady: 0, counts: zeroCounts() };
    return this.#cache({ key: keyOf(name), name: name.slice(), id: ++this.#lastId, ...ends, ...counts });
  }

  /** Finds a queue by its id. Undefined if it was dropped. */
  byId(id: number): QueueEntry | undefined {
    const queue = this.#byId.get(id);
    if (queue !== undefined) return queue;
    const row = this.#nameOf.get(id);
    return row && this.find(row[0]);
  }

  /** Deletes a queue. Its events are out of reach, because the name gets another id when it is used again. */
  drop(queue: QueueEntry): void {
    this.#collect(queue);
    this.#delete.run(queue.id);
    this.#byKey.delete(queue.key);
    this.#byId.delete(queue.id);
    this.#changed.delete(queue);
  }

  /** The names of all queues that hold events. */
  names(): Uint8Array[] {
    this.save();
    return this.#names.all().map(([name]) => name);
  }

  /** Whether the policy of a queue does not allow another event. */
  isFull(queue: QueueEntry): boolean {
    const { maxLength } = this.#policies.of(queue.key);
    return maxLength > 0 && totalOf(queue) >= maxLength;
  }

  /** Counts an event that became ready at a position. */
  addReady(queue: QueueEntry, position: number): void {
    if (position > queue.rightmost) queue.rightmost = position;
    if (position < queue.leftmost) queue.leftmost = position;
    queue.ready++;
    queue.newlyReady++;
    this.markChanged(queue);
  }

  /** Counts an event that was delayed. */
  addDelayed(queue: QueueEntry): void {
    queue.delayed++;
    this.markChanged(queue);
  }

  /** Counts an event that left a state. */
  subtract(queue: QueueEntry, state: number): void {
    if (state === READY) queue.ready--;
    else if (state === LEASED) queue.leased--;
    else queue.delayed--;
    this.markChanged(queue);
  }

  /** Sets the numbers of events to 0. */
  empty(queue: QueueEntry): void {
    queue.ready =
      queue.leased =
      queue.delayed =
      queue.newlyReady =
        0;
    this.markChanged(queue);
  }

  /** Notifies of all ready events of a queue after the commit. */
  announce(name: Uint8Array): void {
    const queue = this.find(name);
    if (queue === undefined) return;
    queue.newlyReady = queue.ready;
    this.markChanged(queue);
  }

  /** Has the queue saved before the commit. */
  markChanged(queue: QueueEntry): void {
    this.#changed.add(queue);
  }

  /** Writes the changed queues. Returns whether there were any. */
  save(): boolean {
    const changed = this.#changed.size > 0;
    for (const queue of this.#changed) {
      const { id, name, ready, leased, delayed, leftmost, rightmost } = queue;
      if (totalOf(queue) === 0) this.drop(queue);
      else {
        this.#collect(queue);
        this.#save.run(id, name, ready, leased, delayed, leftmost, rightmost);
      }
    }
    this.#changed.clear();
    return changed;
  }

  onBegin(): void {
    this.#newlyReady.clear();
    this.#savedCounts = [];
  }

  onRollback(): void {
    this.#byKey.clear();
    this.#byId.clear();
    this.#changed.clear();
  }

  afterCommit(): void {
    for (const [key, counts] of this.#savedCounts) this.#counters.add(key, counts);
    for (const [key, events] of this.#newlyReady) this.#onReady(key, events);
  }

  /** Keeps what happened to the events of a queue until the commit. */
  #collect(queue: QueueEntry): void {
    const { key, newlyReady, counts } = queue;
    if (newlyReady > 0 && !this.#policies.isPaused(key)) {
      this.#newlyReady.set(key, (this.#newlyReady.get(key) ?? 0) + newlyReady);
    }
    queue.newlyReady = 0;
    this.#savedCounts.push([key, counts]);
    queue.counts = zeroCounts();
  }

  #cache(queue: QueueEntry): QueueEntry {
    this.#byKey.set(queue.key, queue);
    this.#byId.set(queue.id, queue);
    return queue;
  }
}
