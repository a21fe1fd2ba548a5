/**
 * The queues that hold events, cached: which number stands for a name, how many events there are, where the ends are.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { type QueueCounters, type QueueCounts, zeroCounts } from "../../counters.ts";
import type { TransactionListener } from "../database/group_commit.ts";
import type { Policies } from "../operations/policies.ts";
import { prepare } from "../database/statements.ts";

/** A queue as the current transaction sees it. Whoever changes it calls {@linkcode QueueTable.touch}. */
export interface QueueEntry {
  /** Map key of the name. */
  readonly key: string;
  /** The name, copied: a view would keep all that its socket received. */
  readonly name: Uint8Array;
  /** Stands for the name in the events table. */
  readonly id: number;
  /** Number of ready events. */
  ready: number;
  /** Number of leased events. */
  leased: number;
  /** Number of delayed events. */
  delayed: number;
  /** No event has a smaller place. */
  leftmost: number;
  /** No event has a greater place. */
  rightmost: number;
  /** Events that became ready since the figures were last saved. */
  arrivals: number;
  /** What has happened to its events since the figures were last saved. */
  counts: QueueCounts;
}

/** How many events a queue holds. */
export function totalOf({ ready, leased, delayed }: QueueEntry): number {
  return ready + leased + delayed;
}

/** Where places start: in the middle of the numbers that take six bytes in a record. */
const FIRST_PLACE = 2 ** 46;

/** The cache. It is dropped whenever something was rolled back, and fills again from the tables. */
export class QueueTable implements TransactionListener {
  readonly #byKey = new Map<string, QueueEntry>();
  readonly #byId = new Map<number, QueueEntry>();
  /** Queues whose figures differ from those in the table. */
  readonly #touched = new Set<QueueEntry>();
  /** Events that became ready in this transaction, as far as saved, by the queue's key. */
  readonly #arrivals = new Map<string, number>();
  /** What has happened in this transaction, as far as saved. */
  #savedCounts: [key: string, counts: QueueCounts][] = [];
  readonly #policies: Policies;
  readonly #counts: QueueCounters;
  readonly #onArrivals: (key: string, events: number) => void;
  readonly #find;
  readonly #nameOf;
  readonly #all;
  readonly #save;
  readonly #delete;
  #lastId: number;

  /**
   * @param counts is added to after each commit
   * @param onArrivals is told, after each commit, which queues that are not paused got how many ready events
   */
  constructor(
    db: DatabaseSync,
    policies: Policies,
    counts: QueueCounters,
    onArrivals: (key: string, events: number) => void,
  ) {
    this.#policies = policies;
    this.#counts = counts;
    this.#onArrivals = onArrivals;
    this.#find = prepare<[number, number, number, number, number, number]>(db, "findQueue");
    this.#nameOf = prepare<[Uint8Array]>(db, "nameOfQueue");
    this.#all = prepare<[Uint8Array]>(db, "allQueues");
    this.#save = prepare(db, "saveQueue");
    this.#delete = prepare(db, "deleteQueue");
    this.#lastId = prepare<[number | null]>(db, "lastQueue").get()?.[0] ?? 0;
  }

  /** The queue of that name, if it holds events. */
  find(name: Uint8Array): QueueEntry | undefined {
    const key = keyOf(name);
    const queue = this.#byKey.get(key);
    if (queue !== undefined) return queue;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const [id, ready, leased, delayed, leftmost, rightmost] = row;
    const figures = { ready, leased, delayed, leftmost, rightmost, arrivals: 0, counts: zeroCounts() };
    return this.#keep({ key, name: name.slice(), id, ...figures });
  }

  /** The queue of that name. Whoever asks is about to put an event into it. */
  findOrCreate(name: Uint8Array): QueueEntry {
    const queue = this.find(name);
    if (queue !== undefined) return queue;
    const place = { leftmost: FIRST_PLACE, rightmost: FIRST_PLACE };
    const figures = { ready: 0, leased: 0, delayed: 0, arrivals: 0, counts: zeroCounts() };
    return this.#keep({ key: keyOf(name), name: name.slice(), id: ++this.#lastId, ...figures, ...place });
  }

  /** The queue whose number an event bears, unless that has been dropped. */
  byId(id: number): QueueEntry | undefined {
    const queue = this.#byId.get(id);
    if (queue !== undefined) return queue;
    const row = this.#nameOf.get(id);
    return row && this.find(row[0]);
  }

  /** Takes the queue out: its name gets another number when it is used again. What bears this one is out of reach. */
  drop(queue: QueueEntry): void {
    this.#note(queue);
    this.#delete.run(queue.id);
    this.#byKey.delete(queue.key);
    this.#byId.delete(queue.id);
    this.#touched.delete(queue);
  }

  /** The names of all queues that hold events. */
  names(): Uint8Array[] {
    this.save();
    return this.#all.all().map(([name]) => name);
  }

  /** Says that the figures of a queue have changed. */
  touch(queue: QueueEntry): void {
    this.#touched.add(queue);
  }

  /** Says that all ready events of a queue are news, if there are any. */
  announce(name: Uint8Array): void {
    const queue = this.find(name);
    if (queue === undefined) return;
    queue.arrivals = queue.ready;
    this.touch(queue);
  }

  begun(): void {
    this.#arrivals.clear();
    this.#savedCounts = [];
  }

  save(): boolean {
    const changed = this.#touched.size > 0;
    for (const queue of this.#touched) {
      const { id, name, ready, leased, delayed, leftmost, rightmost } = queue;
      if (totalOf(queue) === 0) this.drop(queue);
      else {
        this.#note(queue);
        this.#save.run(id, name, ready, leased, delayed, leftmost, rightmost);
      }
    }
    this.#touched.clear();
    return changed;
  }

  forget(): void {
    this.#byKey.clear();
    this.#byId.clear();
    this.#touched.clear();
  }

  committed(): void {
    for (const [key, counts] of this.#savedCounts) this.#counts.add(key, counts);
    for (const [key, events] of this.#arrivals) this.#onArrivals(key, events);
  }

  /** Keeps for the end of the transaction what is news of a queue. */
  #note(queue: QueueEntry): void {
    const { key, arrivals, counts } = queue;
    if (arrivals > 0 && !this.#policies.isPaused(key)) {
      this.#arrivals.set(key, (this.#arrivals.get(key) ?? 0) + arrivals);
    }
    queue.arrivals = 0;
    this.#savedCounts.push([key, counts]);
    queue.counts = zeroCounts();
  }

  #keep(queue: QueueEntry): QueueEntry {
    this.#byKey.set(queue.key, queue);
    this.#byId.set(queue.id, queue);
    return queue;
  }
}
