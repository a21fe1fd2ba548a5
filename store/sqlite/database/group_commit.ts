/**
 * Group commit: all operations of an event-loop turn share a transaction, and so one wait for the disk.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { type BatchObserver, type StoreOptions, StoreUnavailable } from "../../store.ts";
import { storageError } from "./errors.ts";
import { prepare } from "./statements.ts";

/** All methods are synchronous. */
export interface TransactionListener {
  onBegin(): void;
  /** Called before COMMIT: writes everything buffered. Returns whether that was anything. */
  beforeCommit(): boolean;
  /** Called after a rollback: drops what may not be in the database. */
  onRollback(): void;
  /** Called after COMMIT, when the promises are resolved. */
  afterCommit(): void;
}

interface Operation {
  apply(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class GroupCommit {
  #pending: Operation[] = [];
  #closed = false;
  /** Whether the last transaction with anything to write failed. */
  #failing = false;
  #wrote = false;
  readonly #db: DatabaseSync;
  readonly #listener: TransactionListener;
  readonly #report: StoreOptions["report"];
  readonly #observe: BatchObserver;
  readonly #begin;
  readonly #commit;
  readonly #rollback;

  constructor(
    db: DatabaseSync,
    listener: TransactionListener,
    report: StoreOptions["report"],
    observe: BatchObserver = () => {},
  ) {
    this.#db = db;
    this.#listener = listener;
    this.#report = report;
    this.#observe = observe;
    this.#begin = prepare(db, "begin");
    this.#commit = prepare(db, "commit");
    this.#rollback = prepare(db, "rollback");
  }

  /**
   * Applies an operation in the transaction of this turn, in the order of the calls. Resolves to its result when that
   * is on disk.
   *
   * @param apply returns an error to refuse the request; throwing one rolls the whole transaction back
   * @throws {StoreUnavailable} if the transaction failed
   * @throws what `apply` throws, or returns as an error
   */
  run<Result>(apply: () => Result | Error): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#closed) return reject(new StoreUnavailable("the store is closed", false));
      const operation: Operation = {
        apply,
        resolve: (result) => result instanceof Error ? reject(result) : resolve(result as Result),
        reject,
      };
      if (this.#pending.push(operation) === 1) queueMicrotask(() => this.#collect(1));
    });
  }

  /** Runs the pending operations and refuses later ones. */
  close(): void {
    this.#closed = true;
    if (this.#pending.length > 0) this.#flush();
  }

  /**
   * Waits while rounds of microtasks add operations: that includes all that sockets received in this turn. Later phases
   * of the event loop (setImmediate, a message, a timer) were measured: they add nothing and are slower.
   */
  #collect(seen: number): void {
    const pending = this.#pending.length;
    if (pending > seen) queueMicrotask(() => this.#collect(pending));
    else if (pending > 0) this.#flush();
  }

  #flush(): void {
    const operations = this.#pending;
    this.#pending = [];
    this.#runTransaction(operations);
  }

  /** If an operation throws, runs each in a transaction of its own. */
  #runTransaction(operations: Operation[]): void {
    const since = performance.now();
    let results;
    try {
      results = this.#commitAll(operations);
      this.#observe(operations.length, performance.now() - since, false);
    } catch (error) {
      this.#observe(operations.length, performance.now() - since, true);
      const unavailable = error instanceof StoreUnavailable;
      if (!unavailable && operations.length > 1) {
        for (const operation of operations) this.#runTransaction([operation]);
      } else for (const operation of operations) operation.reject(error);
      if (unavailable) this.#storageFailed(error);
      return;
    }
    for (let i = 0; i < operations.length; i++) operations[i].resolve(results[i]);
    this.#listener.afterCommit();
    if (this.#failing && this.#wrote) {
      this.#failing = false;
      this.#report("info", "The embedded store works again");
    }
  }

  /** @throws {StoreUnavailable} if the storage failed */
  #commitAll(operations: Operation[]): unknown[] {
    let committing = false;
    try {
      this.#begin.run();
      this.#listener.onBegin();
      const results = operations.map((operation) => operation.apply());
      this.#wrote = this.#listener.beforeCommit();
      committing = true;
      this.#commit.run();
      return results;
    } catch (error) {
      this.#undo();
      throw storageError(error, committing) ?? error;
    }
  }

  /** Reports the first of several failures, and frees disk space. */
  #storageFailed(error: Error): void {
    if (!this.#failing) {
      this.#report("warn", `The embedded store fails: ${error.message}`);
    }
    this.#failing = true;
    try {
      // The write-ahead log may be what fills the disk; a checkpoint empties it.
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Too full for a checkpoint as well.
    }
  }

  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // SQLite had not begun, or had rolled back by itself, as on a full disk.
    }
    this.#listener.onRollback();
  }
}
