/**
 * The embedded store: one SQLite file, or memory, and nothing to install.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import type { Event, QueueStatus, Side, Store, StoreOptions } from "../store.ts";
import { distinct } from "../bytes.ts";
import type { StoreCheck } from "../check.ts";
import { checkDatabase } from "./check.ts";
import { Consumers } from "./consumers.ts";
import { Events } from "./events.ts";
import { GroupCommit } from "./group_commit.ts";
import { openDatabase } from "./open.ts";
import { Queues } from "./queues.ts";
import { Reclaimer } from "./reclaimer.ts";
import { Sweeper } from "./sweeper.ts";
import { Watches } from "../watches.ts";

/**
 * Opens the store in that file, creating it if there is none; `:memory:` is a store that ends when it is closed. The
 * file belongs to this store until then. The disk is there or not: no operation waits for it to come back.
 *
 * @throws {Error} in one line: the file is in use, is not an okq store, has another layout, or cannot be opened
 */
export function openSqliteStore(path: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const { report = () => {}, readOnly } = options;
  return new Promise((resolve) => resolve(new SqliteStore(openDatabase(path, readOnly), report)));
}

/** A promise resolves when the transaction that its operation shared with others of its turn is on disk. */
class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #watches = new Watches();
  readonly #consumers = new Consumers();
  readonly #queues: Queues;
  readonly #events: Events;
  readonly #commit: GroupCommit;
  readonly #reclaimer: Reclaimer;
  #closed?: Promise<void>;

  constructor(db: DatabaseSync, report: StoreOptions["report"]) {
    this.#db = db;
    this.#queues = new Queues(db, (key, events) => this.#watches.tell(key, events));
    this.#events = new Events(db, this.#queues);
    this.#commit = new GroupCommit(db, this.#events, report);
    this.#reclaimer = new Reclaimer(this.#commit, this.#events, new Sweeper(db, this.#events));
  }

  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side): Promise<boolean> {
    return this.#commit.run(() => this.#events.push(queue, id, contents, side));
  }

  peek(queue: Uint8Array, side: Side): Promise<Event | null> {
    return this.#commit.run(() => this.#events.peek(queue, side));
  }

  pop(queue: Uint8Array, leaseMs: number): Promise<Event | null> {
    return this.#commit.run(() => this.#events.pop(queue, leaseMs));
  }

  ack(queue: Uint8Array, id: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#events.ack(queue, id));
  }

  redo(queue: Uint8Array, id: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#events.redo(queue, id));
  }

  flush(queue: Uint8Array): Promise<void> {
    return this.#commit.run(() => this.#events.flush(queue));
  }

  ready(queue: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#queues.find(queue)?.ready ?? 0);
  }

  status(queue: Uint8Array): Promise<QueueStatus> {
    return this.#commit.run(() => {
      const { ready, leased } = this.#queues.find(queue) ?? { ready: 0, leased: 0 };
      return { queue, total: ready + leased, processing: leased, consumers: this.#consumers.count(queue) };
    });
  }

  active(): Promise<Uint8Array[]> {
    return this.#commit.run(() => {
      return distinct([...this.#queues.names(), ...this.#consumers.names()]);
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

  check(): Promise<StoreCheck> {
    return new Promise((resolve) => resolve(checkDatabase(this.#db)));
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
