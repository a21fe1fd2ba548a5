/**
 * The queues that hold events, cached: which number stands for a name, how many events there are, where the ends are.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { keyOf } from "../bytes.ts";
import type { Participant } from "./group_commit.ts";
import { prepare } from "./statement.ts";

/** A queue as the current transaction sees it. Whoever changes it calls {@linkcode Queues.touch}. */
export interface Queue {
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
}

/** How many events a queue holds. */
export function held({ ready, leased, delayed }: Queue): number {
  return ready + leased + delayed;
}

/** Where places start: in the middle of the numbers that take six bytes in a record. */
const FIRST_PLACE = 2 ** 46;

/** The cache. It is dropped whenever something was rolled back, and fills again from the tables. */
export class Queues implements Participant {
  readonly #byKey = new Map<string, Queue>();
  readonly #byId = new Map<number, Queue>();
  /** Queues whose figures differ from those in the table. */
  readonly #touched = new Set<Queue>();
  /** Events that became ready in this transaction, as far as saved, by the queue's key. */
  readonly #arrivals = new Map<string, number>();
  readonly #onArrivals: (key: string, events: number) => void;
  readonly #find;
  readonly #nameOf;
  readonly #all;
  readonly #save;
  readonly #delete;
  #lastId: number;

  /** @param onArrivals is told, after each commit, which queues got how many ready events */
  constructor(db: DatabaseSync, onArrivals: (key: string, events: number) => void) {
    this.#onArrivals = onArrivals;
    this.#find = prepare<[number, number, number, number, number, number]>(db, "findQueue");
    this.#nameOf = prepare<[Uint8Array]>(db, "nameOfQueue");
    this.#all = prepare<[Uint8Array]>(db, "allQueues");
    this.#save = prepare(db, "saveQueue");
    this.#delete = prepare(db, "deleteQueue");
    this.#lastId = prepare<[number | null]>(db, "lastQueue").get()?.[0] ?? 0;
  }

  /** The queue of that name, if it holds events. */
  find(name: Uint8Array): Queue | undefined {
    const key = keyOf(name);
    const queue = this.#byKey.get(key);
    if (queue !== undefined) return queue;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const [id, ready, leased, delayed, leftmost, rightmost] = row;
    return this.#keep({ key, name: name.slice(), id, ready, leased, delayed, leftmost, rightmost, arrivals: 0 });
  }

  /** The queue of that name. Whoever asks is about to put an event into it. */
  findOrCreate(name: Uint8Array): Queue {
    const queue = this.find(name);
    if (queue !== undefined) return queue;
    const place = { leftmost: FIRST_PLACE, rightmost: FIRST_PLACE };
    const figures = { ready: 0, leased: 0, delayed: 0, arrivals: 0 };
    return this.#keep({ key: keyOf(name), name: name.slice(), id: ++this.#lastId, ...figures, ...place });
  }

  /** The queue whose number an event bears, unless that has been dropped. */
  byId(id: number): Queue | undefined {
    const queue = this.#byId.get(id);
    if (queue !== undefined) return queue;
    const row = this.#nameOf.get(id);
    return row && this.find(row[0]);
  }

  /** Takes the queue out: its name gets another number when it is used again. What bears this one is out of reach. */
  drop(queue: Queue): void {
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
  touch(queue: Queue): void {
    this.#touched.add(queue);
  }

  begun(): void {
    this.#arrivals.clear();
  }

  save(): boolean {
    const changed = this.#touched.size > 0;
    for (const queue of this.#touched) {
      const { key, name, id, ready, leased, delayed, leftmost, rightmost, arrivals } = queue;
      if (held(queue) > 0) this.#save.run(id, name, ready, leased, delayed, leftmost, rightmost);
      else this.drop(queue);
      if (arrivals > 0) this.#arrivals.set(key, (this.#arrivals.get(key) ?? 0) + arrivals);
      queue.arrivals = 0;
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
    for (const [key, events] of this.#arrivals) this.#onArrivals(key, events);
  }

  #keep(queue: Queue): Queue {
    this.#byKey.set(queue.key, queue);
    this.#byId.set(queue.id, queue);
    return queue;
  }
}
