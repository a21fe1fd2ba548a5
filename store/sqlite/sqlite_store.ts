/**
 * The embedded store: one SQLite file, or memory, and nothing to install.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import type {
  BatchObserver,
  Claimed,
  Event,
  EventDetails,
  EventPage,
  EventState,
  MoveResult,
  NackOptions,
  PushOptions,
  QueueStatus,
  Side,
  Store,
  StoreOptions,
} from "../store.ts";
import { distinct, keyOf } from "../bytes.ts";
import type { ConsistencyReport } from "../consistency.ts";
import { QueueCounters } from "../counters.ts";
import type { Policy } from "../policy.ts";
import { checkConsistency } from "./consistency.ts";
import { Consumers } from "./operations/consumers.ts";
import { EventOperations } from "./operations/events.ts";
import { GroupCommit } from "./database/group_commit.ts";
import { Inspection } from "./operations/inspection.ts";
import { Transfers } from "./operations/transfers.ts";
import { openDatabase } from "./database/database.ts";
import { Policies } from "./operations/policies.ts";
import { QueueTable, totalOf } from "./tables/queue_table.ts";
import { Reclaimer } from "./reclaimer.ts";
import { Redelivery } from "./operations/redelivery.ts";
import { EventTable, LAST_MS } from "./tables/event_table.ts";
import { Sweeper } from "./sweeper.ts";
import { ReadyListeners } from "../listeners.ts";

/**
 * Opens the store in that file, creating it if there is none; `:memory:` is a store that ends when it is closed. The
 * file belongs to this store until then. The disk is there or not: no operation waits for it to come back.
 *
 * @throws {Error} in one line: the file is in use, is not an okq store, has another layout, or cannot be opened
 */
export function openSqliteStore(path: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const { report = () => {}, observe, readOnly } = options;
  return new Promise((resolve) => resolve(new SqliteStore(openDatabase(path, readOnly), report, observe)));
}

/** A promise resolves when the transaction that its operation shared with others of its turn is on disk. */
class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #watches = new ReadyListeners();
  readonly #consumers = new Consumers();
  readonly #counts = new QueueCounters();
  readonly #policies: Policies;
  readonly #queues: QueueTable;
  readonly #rows: EventTable;
  readonly #events: EventOperations;
  readonly #returns: Redelivery;
  readonly #moves: Transfers;
  readonly #looks: Inspection;
  readonly #commit: GroupCommit;
  readonly #reclaimer: Reclaimer;
  #closed?: Promise<void>;

  constructor(db: DatabaseSync, report: StoreOptions["report"], observe?: BatchObserver) {
    this.#db = db;
    this.#policies = new Policies(db);
    this.#queues = new QueueTable(db, this.#policies, this.#counts, (key, events) => this.#watches.notify(key, events));
    const rows = this.#rows = new EventTable(db, this.#queues, this.#policies);
    this.#events = new EventOperations(db, rows);
    this.#moves = new Transfers(db, rows);
    this.#looks = new Inspection(db, rows);
    this.#returns = new Redelivery(db, rows, this.#moves);
    this.#commit = new GroupCommit(db, rows, report, observe);
    this.#reclaimer = new Reclaimer(this.#commit, this.#returns, new Sweeper(db, this.#events));
  }

  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean> {
    return this.#commit.run(() => this.#events.push(queue, id, contents, side, options));
  }

  peek(queue: Uint8Array, side: Side): Promise<Event | null> {
    return this.#commit.run(() => this.#events.peek(queue, side));
  }

  pop(queue: Uint8Array, leaseMs?: number): Promise<Event | null> {
    return this.#commit.run(() => this.#events.pop(queue, leaseMs));
  }

  claim(queue: Uint8Array, most: number, leaseMs?: number): Promise<Claimed[]> {
    return this.#commit.run(() => this.#events.claim(queue, most, leaseMs));
  }

  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#events.ack(queue, id, receipt));
  }

  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#returns.redo(queue, id, receipt));
  }

  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#returns.release(queue, id, receipt));
  }

  nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options?: NackOptions): Promise<number> {
    return this.#commit.run(() => this.#returns.nack(queue, id, receipt, options));
  }

  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#returns.touch(queue, id, leaseMs, receipt));
  }

  flush(queue: Uint8Array): Promise<void> {
    return this.#commit.run(() => this.#events.flush(queue));
  }

  ready(queue: Uint8Array): Promise<number> {
    return this.#commit.run(() => {
      const found = this.#queues.find(queue);
      return found === undefined || this.#policies.isPaused(found.key) ? 0 : found.ready;
    });
  }

  async status(queue: Uint8Array): Promise<QueueStatus> {
    const figures = await this.#commit.run(() => {
      const found = this.#queues.find(queue);
      if (found !== undefined) this.#events.expireAtEnd(found, "right");
      return {
        queue,
        total: found ? totalOf(found) : 0,
        processing: found?.leased ?? 0,
        consumers: this.#consumers.count(queue),
        ready: found?.ready ?? 0,
        delayed: found?.delayed ?? 0,
        oldestMs: found ? this.#looks.oldestMs(found) : 0,
        paused: this.#policies.isPaused(keyOf(queue)),
      };
    });
    // Only now what happened in that transaction is counted.
    return { ...figures, ...this.#counts.of(queue) };
  }

  active(): Promise<Uint8Array[]> {
    return this.#commit.run(() => {
      return distinct([...this.#queues.names(), ...this.#consumers.names(), ...this.#policies.names()]);
    });
  }

  register(queue: Uint8Array, instance: string, consumers: number): Promise<void> {
    return this.#commit.run(() => this.#consumers.register(queue, instance, consumers));
  }

  reclaim(): Promise<number> {
    return this.#reclaimer.reclaim();
  }

  watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>> {
    const unwatch = this.#watches.add(queue, onReady);
    return Promise.resolve(() => Promise.resolve(unwatch()));
  }

  policy(queue: Uint8Array): Promise<Policy> {
    return this.#commit.run(() => ({ ...this.#policies.of(keyOf(queue)) }));
  }

  setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void> {
    return this.#commit.run(() => this.#policies.change(queue, change));
  }

  pause(queue: Uint8Array, forMs: number): Promise<void> {
    return this.#commit.run(() => this.#policies.pause(queue, forMs > 0 ? this.#rows.after(forMs) : LAST_MS));
  }

  resume(queue: Uint8Array): Promise<void> {
    return this.#commit.run(() => {
      if (this.#policies.resume(queue)) this.#queues.announce(queue);
    });
  }

  move(source: Uint8Array, destination: Uint8Array, most: number, skip: number): Promise<MoveResult> {
    return this.#commit.run(() => this.#moves.move(source, destination, most, skip));
  }

  list(queue: Uint8Array, state: EventState | undefined, cursor: string, count: number): Promise<EventPage> {
    return this.#commit.run(() => this.#looks.list(queue, state, cursor, count));
  }

  get(queue: Uint8Array, id: Uint8Array): Promise<EventDetails | null> {
    return this.#commit.run(() => this.#looks.get(queue, id));
  }

  check(): Promise<ConsistencyReport> {
    return new Promise((resolve) => resolve(checkConsistency(this.#db)));
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#reclaimer.stop();
    this.#commit.close();
    try {
      // The file is then all there is, for whoever copies it.
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A full disk: all is in the log beside the file, and is found there next time.
    }
    this.#db.close();
  }
}
