/**
 * Caches the queues that hold events: ids, counts, ends.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { type QueueCounters, type QueueCounts, zeroCounts } from "../../counters.ts";
import { BLOCKED, FIRST_POSITION, LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { DeliveryLimits } from "./delivery_limits.ts";
import type { QueueDeadlines } from "./deadlines.ts";
import type { PolicyTable } from "./policy_table.ts";

/** Call {@linkcode QueueTable.markChanged} after changing a field. */
export interface QueueEntry {
  readonly key: string;
  /** A copy: a view would keep a whole block of received bytes alive. */
  readonly name: Uint8Array;
  /** Stands for the name in the events table. */
  readonly id: number;
  ready: number;
  leased: number;
  delayed: number;
  blocked: number;
  /** No smaller position is in use. */
  leftmost: number;
  /** No greater position is in use. */
  rightmost: number;
  /** Not announced yet. */
  newlyReady: number;
  /** Not saved yet. */
  counts: QueueCounts;
}

/** As `findQueue` returns it. */
export type QueueRow = [
  id: number,
  ready: number,
  leased: number,
  delayed: number,
  blocked: number,
  leftmost: number,
  rightmost: number,
];

export function totalOf({ ready, leased, delayed, blocked }: QueueEntry): number {
  return ready + leased + delayed + blocked;
}

/** A rollback drops the cache; it fills again from the tables. */
export class QueueTable {
  readonly #byKey = new Map<string, QueueEntry>();
  readonly #byId = new Map<number, QueueEntry>();
  readonly #changed = new Set<QueueEntry>();
  /** Of the queues saved in this transaction. */
  readonly #newlyReady = new Map<string, number>();
  /** Of the queues that wait for their rate. */
  readonly #waits = new Map<string, number>();
  #savedCounts: [key: string, counts: QueueCounts][] = [];
  readonly #policies: PolicyTable;
  readonly #deadlines: QueueDeadlines;
  readonly #limits: DeliveryLimits;
  readonly #counters: QueueCounters;
  readonly #onReady: (key: string, events: number) => void;
  readonly #onWait: (key: string, ms: number) => void;
  readonly #find;
  readonly #nameOf;
  readonly #names;
  readonly #save;
  readonly #delete;
  readonly #insertFlushed;
  #lastId: number;
  /** Of the events that this transaction left to the cleanup; 0 if there are none. */
  #flushedId = 0;

  /**
   * @param onReady called after each commit for each queue that got ready events and may deliver some
   * @param onWait called after each commit for each queue whose ready events wait for its rate, with the time
   */
  constructor(
    db: DatabaseSync,
    policies: PolicyTable,
    deadlines: QueueDeadlines,
    limits: DeliveryLimits,
    counters: QueueCounters,
    onReady: (key: string, events: number) => void,
    onWait: (key: string, ms: number) => void,
  ) {
    this.#policies = policies;
    this.#deadlines = deadlines;
    this.#limits = limits;
    this.#counters = counters;
    this.#onReady = onReady;
    this.#onWait = onWait;
    this.#find = prepare<QueueRow>(db, "findQueue");
    this.#nameOf = prepare<[Uint8Array]>(db, "queueName");
    this.#names = prepare<[id: number, name: Uint8Array]>(db, "queueNames");
    this.#save = prepare(db, "saveQueue");
    this.#delete = prepare(db, "deleteQueue");
    this.#insertFlushed = prepare(db, "insertFlushed");
    this.#lastId = prepare<[number | null]>(db, "lastQueueId").get()?.[0] ?? 0;
  }

  find(name: Uint8Array): QueueEntry | undefined {
    const key = keyOf(name);
    const queue = this.#byKey.get(key);
    if (queue !== undefined) return queue;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const [id, ready, leased, delayed, blocked, leftmost, rightmost] = row;
    const counts = { ready, leased, delayed, blocked, newlyReady: 0, counts: zeroCounts() };
    return this.#cache({ key, name: name.slice(), id, leftmost, rightmost, ...counts });
  }

  findOrCreate(name: Uint8Array): QueueEntry {
    const queue = this.find(name);
    if (queue !== undefined) return queue;
    const ends = { leftmost: FIRST_POSITION, rightmost: FIRST_POSITION };
    const counts = { ready: 0, leased: 0, delayed: 0, blocked: 0, newlyReady: 0, counts: zeroCounts() };
    return this.#cache({ key: keyOf(name), name: name.slice(), id: ++this.#lastId, ...ends, ...counts });
  }

  /** Undefined if the queue was dropped. */
  byId(id: number): QueueEntry | undefined {
    const queue = this.#byId.get(id);
    if (queue !== undefined) return queue;
    const row = this.#nameOf.get(id);
    return row && this.find(row[0]);
  }

  /** Leaves the events of a queue to the cleanup. */
  flush(queue: QueueEntry): void {
    this.#insertFlushed.run(queue.id);
    this.drop(queue);
  }

  /** The id of a flushed queue, for single events that are left to the cleanup. */
  flushedId(): number {
    if (this.#flushedId === 0) this.#insertFlushed.run(this.#flushedId = ++this.#lastId);
    return this.#flushedId;
  }

  /** Deletes a queue. Its events are out of reach: the name gets another id when it is used again. */
  drop(queue: QueueEntry): void {
    this.#collect(queue);
    this.#delete.run(queue.id);
    this.#deadlines.forget(queue.id);
    this.#byKey.delete(queue.key);
    this.#byId.delete(queue.id);
    this.#changed.delete(queue);
  }

  /** Some queues with greater ids; fewer than `max` are the last ones. */
  namesAfter(id: number, max: number): [id: number, name: Uint8Array][] {
    this.save();
    return this.#names.all(id, max);
  }

  /** Whether the policy does not allow so many more events. */
  isFull(queue: QueueEntry, more = 1): boolean {
    const { maxLength } = this.#policies.of(queue.key);
    return maxLength > 0 && totalOf(queue) + more > maxLength;
  }

  addReady(queue: QueueEntry, position: number): void {
    this.#use(queue, position);
    queue.ready++;
    queue.newlyReady++;
    this.markChanged(queue);
  }

  addBlocked(queue: QueueEntry, position: number): void {
    this.#use(queue, position);
    queue.blocked++;
    this.markChanged(queue);
  }

  addDelayed(queue: QueueEntry): void {
    queue.delayed++;
    this.markChanged(queue);
  }

  subtract(queue: QueueEntry, state: number): void {
    if (state === READY) {
      queue.ready--;
      queue.newlyReady = Math.max(0, queue.newlyReady - 1);
    } else if (state === LEASED) {
      queue.leased--;
      if (this.#policies.of(queue.key).maxProcessing > 0) queue.newlyReady++; // there is room for another
    } else if (state === BLOCKED) queue.blocked--;
    else queue.delayed--;
    this.markChanged(queue);
  }

  empty(queue: QueueEntry): void {
    Object.assign(queue, { ready: 0, leased: 0, delayed: 0, blocked: 0, newlyReady: 0 });
    this.markChanged(queue);
  }

  /** Notifies of all ready events after the commit. */
  announce(name: Uint8Array): void {
    const queue = this.find(name);
    if (queue === undefined) return;
    queue.newlyReady = queue.ready;
    this.markChanged(queue);
  }

  /** The number of ready events that may be delivered now. Has listeners notified later if these wait for the rate. */
  deliverable(queue: QueueEntry): number {
    if (this.#policies.isPaused(queue.key)) return 0;
    const events = Math.min(queue.ready, this.#limits.room(queue.key, queue.leased));
    if (events === 0) this.#wait(queue);
    return events;
  }

  /** Takes a delivered event from what the rate of a queue allows. What is left is announced. */
  takeFromRate(queue: QueueEntry): void {
    this.#limits.take(queue.key);
    queue.newlyReady = queue.ready;
    this.markChanged(queue);
  }

  /** Whether a limit allows no delivery. */
  isLimited(queue: QueueEntry): boolean {
    return queue.ready > 0 && this.#limits.room(queue.key, queue.leased) === 0;
  }

  /** Saves the queue before the commit. */
  markChanged(queue: QueueEntry): void {
    this.#changed.add(queue);
  }

  /** Writes the changed queues. Returns whether there were any. */
  save(): boolean {
    const changed = this.#changed.size > 0;
    for (const queue of this.#changed) {
      const { id, name, ready, leased, delayed, blocked, leftmost, rightmost } = queue;
      if (totalOf(queue) === 0) this.drop(queue);
      else {
        this.#collect(queue);
        this.#save.run(id, name, ready, leased, delayed, blocked, leftmost, rightmost);
      }
    }
    this.#changed.clear();
    return changed;
  }

  onBegin(): void {
    this.#flushedId = 0;
    this.#newlyReady.clear();
    this.#waits.clear();
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
    for (const [key, ms] of this.#waits) this.#onWait(key, ms);
  }

  #wait({ key, ready }: QueueEntry): void {
    const ms = ready > 0 ? this.#limits.waitMs(key) : 0;
    if (ms > 0) this.#waits.set(key, ms);
  }

  #use(queue: QueueEntry, position: number): void {
    if (position > queue.rightmost) queue.rightmost = position;
    if (position < queue.leftmost) queue.leftmost = position;
  }

  /** Keeps counts and notifications of a queue until the commit. */
  #collect(queue: QueueEntry): void {
    const { key, newlyReady, counts } = queue;
    const events = newlyReady > 0 ? Math.min(newlyReady, this.deliverable(queue)) : 0;
    if (events > 0) this.#newlyReady.set(key, (this.#newlyReady.get(key) ?? 0) + events);
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
