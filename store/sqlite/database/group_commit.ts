/**
 * Group commit: the operations of one turn of the event loop share one transaction, and so one wait for the disk.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { type BatchObserver, type StoreOptions, StoreUnavailable } from "../../store.ts";
import { prepare } from "./statements.ts";
import { storageError } from "./errors.ts";

/** What takes part in every transaction besides the operations. All of it runs synchronously. */
export interface TransactionListener {
  /** A transaction has begun. */
  begun(): void;
  /** Writes what it holds back, at the end of a transaction. Returns whether that was anything. */
  save(): boolean;
  /** What was not committed is gone: drops all that it knows from the database. */
  forget(): void;
  /** The transaction is committed and its promises are resolved. */
  committed(): void;
}

interface Operation {
  apply(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Gathers operations and runs them in transactions. */
export class GroupCommit {
  #waiting: Operation[] = [];
  #closed = false;
  /** Nothing could be written since a transaction failed. */
  #failing = false;
  /** The last transaction changed something. */
  #wrote = false;
  readonly #db: DatabaseSync;
  readonly #participant: TransactionListener;
  readonly #report: StoreOptions["report"];
  readonly #observe: BatchObserver;
  readonly #begin;
  readonly #commit;
  readonly #rollback;

  constructor(
    db: DatabaseSync,
    participant: TransactionListener,
    report: StoreOptions["report"],
    observe: BatchObserver = () => {},
  ) {
    this.#db = db;
    this.#observe = observe;
    this.#report = report;
    this.#participant = participant;
    this.#begin = prepare(db, "begin");
    this.#commit = prepare(db, "commit");
    this.#rollback = prepare(db, "rollback");
  }

  /**
   * Applies an operation in the transaction of this turn, after those that were asked for before it. Resolves to its
   * result once that is on disk.
   *
   * @param apply returns an error to refuse what was asked; to throw one would undo the whole transaction
   * @throws {StoreUnavailable} if the transaction could not be made; what `apply` throws or returns as an error otherwise
   */
  run<Result>(apply: () => Result | Error): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#closed) return reject(new StoreUnavailable("the store is closed", false));
      const operation: Operation = {
        apply,
        resolve: (result) => result instanceof Error ? reject(result) : resolve(result as Result),
        reject,
      };
      if (this.#waiting.push(operation) === 1) queueMicrotask(() => this.#gather(1));
    });
  }

  /** Runs what was asked for, and refuses what comes after. */
  close(): void {
    this.#closed = true;
    if (this.#waiting.length > 0) this.#flush();
  }

  /**
   * Waits for as long as each round of microtasks brings more operations: what all sockets brought in this turn is then
   * in. Later phases of the event loop (setImmediate, a message, a timer) gathered no more and were slower.
   */
  #gather(seen: number): void {
    const waiting = this.#waiting.length;
    if (waiting > seen) queueMicrotask(() => this.#gather(waiting));
    else if (waiting > 0) this.#flush();
  }

  #flush(): void {
    const operations = this.#waiting;
    this.#waiting = [];
    this.#transact(operations);
  }

  /** Runs operations in one transaction, or each in one of its own where that fails through no fault of the storage. */
  #transact(operations: Operation[]): void {
    const since = performance.now();
    let results;
    try {
      results = this.#commitAll(operations);
      this.#observe(operations.length, performance.now() - since, false);
    } catch (error) {
      this.#observe(operations.length, performance.now() - since, true);
      const trouble = error instanceof StoreUnavailable;
      if (!trouble && operations.length > 1) { for (const operation of operations) this.#transact([operation]); }
      else for (const operation of operations) operation.reject(error);
      if (trouble) this.#failed(error);
      return;
    }
    for (let i = 0; i < operations.length; i++) operations[i].resolve(results[i]);
    this.#participant.committed();
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
      this.#participant.begun();
      const results = operations.map((operation) => operation.apply());
      this.#wrote = this.#participant.save();
      committing = true;
      this.#commit.run();
      return results;
    } catch (error) {
      this.#undo();
      throw storageError(error, committing) ?? error;
    }
  }

  /** Reports the first failure of a row, and makes what room there is. */
  #failed(error: Error): void {
    if (!this.#failing) {
      this.#report("warn", `The embedded store fails: ${error.message}`);
    }
    this.#failing = true;
    try {
      // The log may be what fills the disk; once its pages are in their places it takes no more room.
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // There is no room for that either.
    }
  }

  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // SQLite has already rolled back by itself, as it does when the disk is full, or had not begun.
    }
    this.#participant.forget();
  }
}
