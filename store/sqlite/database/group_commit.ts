/**
 * Group commit: all operations of an event-loop turn share a transaction, and so one wait for the disk. If they are too
 * much work, the event loop turns between several transactions. So it does when the results of operations cause others
 * again and again: promises that resolve at once would keep sockets, timers and signals waiting.
 *
 * The event loop waits for the disk. Letting it go on was measured, and gains nothing: testing/bench/README.md has the
 * figures.
 *
 * Operations of a queue are applied in the order of the calls. Those of other queues pass one that must wait for a later
 * transaction, so that large events of one queue do not hold up the others.
 *
 * When the disk is full, operations that need room are refused, and the reserve is given up for all others:
 *
 *     room ── a transaction finds the disk full ──▶ full ── the reserve can be taken again ──▶ room
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { type BatchObserver, type StoreOptions, StoreUnavailable } from "../../store.ts";
import { diskFull, isDiskFull, storageError } from "./errors.ts";
import type { FileGuard } from "./file_guard.ts";
import { type Reserve, RESERVE_BYTES } from "./reserve.ts";
import { prepare } from "./statements.ts";

/** All methods are synchronous. */
export interface TransactionListener {
  /** The transaction has done so much that the event loop should turn before the next one. */
  readonly full: boolean;
  /** Of large contents, in this transaction. */
  readonly bytesWritten: number;
  /** @param paused large contents should wait */
  onBegin(paused: boolean): void;
  /** Called before COMMIT: writes everything buffered. Returns whether that was anything. */
  beforeCommit(): boolean;
  /** Called after a rollback: drops what may not be in the database. */
  onRollback(): void;
  /** Called after COMMIT, when the promises are resolved. */
  afterCommit(): void;
}

/** Returned by an operation to be applied again in the next transaction, as are later ones of its queue. */
export const AGAIN: unique symbol = Symbol("again");

/** Safety net: operations stop joining a transaction that has taken so long. */
const MAX_TRANSACTION_MS = 50;

/** A read of the clock takes as long as a part of an operation. */
const EVENTS_PER_CLOCK_READ = 16;

/** After a full transaction, large contents wait at least so long, and twice as long as it took. */
const MIN_PAUSE_MS = 8;

/** The event loop turns after transactions that took so long together. */
const MAX_TURN_MS = 20;

/**
 * Large contents written from one checkpoint to the next. SQLite would copy 8 MiB from the write-ahead log at once, which
 * takes 20 ms.
 */
const CHECKPOINT_BYTES = 1024 * 1024;

/** From one try to take the reserve again to the next. */
const FULL_RETRY_MS = 250;

interface Operation {
  apply(): unknown;
  queue: Uint8Array | undefined;
  /** Of the queue, made when it is needed. */
  key?: string;
  needsRoom: boolean;
  events: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class GroupCommit {
  #pending: Operation[] = [];
  /** Operations at the head that get a transaction each: one of them threw. */
  #alone = 0;
  /** A transaction will be run in this turn or the next. */
  #scheduled = false;
  /** It waits for the next turn. */
  #deferred = false;
  /** Time of the transactions of this turn. */
  #turnMs = 0;
  /** Fires in a later turn. A timer, because the runtime rarely polls sockets while the event loop has other work. */
  #nextTurn: ReturnType<typeof setTimeout> | undefined;
  /** All that is pending waits for the end of a pause. */
  #putOff = false;
  /** When large contents may be worked on again, by `performance.now()`. */
  #pausedUntil = 0;
  /** Large contents in the write-ahead log, in bytes. */
  #logged = 0;
  #closed = false;
  #full = false;
  /** When it was last tried to take the reserve, by `performance.now()`. */
  #triedAt = 0;
  /** Whether the last transaction with anything to write failed. */
  #failing = false;
  #wrote = false;
  readonly #db: DatabaseSync;
  readonly #listener: TransactionListener;
  readonly #report: StoreOptions["report"];
  readonly #observe: BatchObserver;
  readonly #reserve: Reserve | undefined;
  readonly #guard: FileGuard | undefined;
  readonly #begin;
  readonly #commit;
  readonly #rollback;

  constructor(
    db: DatabaseSync,
    listener: TransactionListener,
    report: StoreOptions["report"],
    observe: BatchObserver = () => {},
    { reserve, guard }: { reserve?: Reserve; guard?: FileGuard } = {},
  ) {
    this.#db = db;
    this.#listener = listener;
    this.#report = report;
    this.#observe = observe;
    this.#reserve = reserve;
    this.#guard = guard;
    if (reserve?.take() === false) this.#becomeFull();
    this.#begin = prepare(db, "begin");
    this.#commit = prepare(db, "commit");
    this.#rollback = prepare(db, "rollback");
  }

  /**
   * Applies an operation in the transaction of this turn. Resolves to its result when that is on disk.
   *
   * @param apply returns an error to refuse the request, or {@linkcode AGAIN}; throwing one rolls the whole transaction
   *   back
   * @param queue its operations are applied in the order of the calls
   * @param needsRoom refuses the operation while the disk is full
   * @param events how many it is about
   * @throws {StoreUnavailable} if the transaction failed
   * @throws what `apply` throws, or returns as an error
   */
  run<Result>(
    apply: () => Result | Error | typeof AGAIN,
    queue?: Uint8Array,
    needsRoom = false,
    events = 1,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#closed) return reject(new StoreUnavailable("the store is closed", false));
      if (needsRoom && this.#full && !this.#hasRoomAgain()) return reject(diskFull());
      this.#pending.push({ apply, queue, needsRoom, events, resolve: resolve as Operation["resolve"], reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => this.#collect(1));
    });
  }

  /** The disk is full, and was not found to have room again. */
  get full(): boolean {
    return this.#full;
  }

  /** Runs the pending operations and refuses later ones. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#nextTurn);
    while (this.#pending.length > 0) this.#runTransaction();
    this.#reserve?.close(this.#guard?.problem !== undefined);
  }

  /**
   * Waits while rounds of microtasks add operations: that includes all that sockets received in this turn. Later phases
   * of the event loop (setImmediate, a message, a timer) were measured: they add nothing and are slower.
   */
  #collect(seen: number): void {
    const pending = this.#pending.length;
    if (pending > seen) queueMicrotask(() => this.#collect(pending));
    else this.#flush();
  }

  #flush(): void {
    if (this.#pending.length === 0) {
      this.#scheduled = false;
      return;
    }
    if (this.#turnMs < MAX_TURN_MS) {
      const since = performance.now();
      const mustTurn = this.#runTransaction();
      this.#turnMs += performance.now() - since;
      // Long before it is due: a timer in every turn would cost as much as several operations.
      if (this.#turnMs >= MAX_TURN_MS / 2 || this.#checkpointDue) {
        this.#nextTurn ??= setTimeout(() => this.#beginTurn());
      }
      if (!mustTurn) return queueMicrotask(() => this.#collect(this.#pending.length));
      if (this.#putOff) this.#scheduled = false; // others need not wait for the pause
    }
    this.#deferred = true;
    this.#waitForTurn();
  }

  get #checkpointDue(): boolean {
    return this.#logged >= CHECKPOINT_BYTES;
  }

  #waitForTurn(): void {
    clearTimeout(this.#nextTurn); // it could be due at once
    const delayMs = this.#scheduled ? 0 : Math.max(0, this.#pausedUntil - performance.now());
    this.#nextTurn = setTimeout(() => this.#beginTurn(), delayMs);
  }

  #beginTurn(): void {
    this.#nextTurn = undefined;
    this.#turnMs = 0;
    const checkpoint = this.#checkpointDue;
    if (checkpoint) {
      const since = performance.now();
      this.#checkpoint("PASSIVE");
      this.#pause(since);
    }
    if (!this.#deferred) return;
    if (checkpoint) return this.#waitForTurn();
    this.#deferred = false;
    this.#scheduled = true;
    this.#flush();
  }

  /**
   * Runs a transaction of the first pending operations. If one of them throws, each gets a transaction of its own.
   * Returns whether the event loop should turn before the next one.
   */
  #runTransaction(): boolean {
    this.#putOff = false;
    const operations = this.#pending;
    const problem = this.#guard?.problem;
    if (problem !== undefined) {
      this.#remove(operations.length);
      for (const { reject } of operations) reject(new StoreUnavailable(problem, false));
      return false;
    }
    const count = this.#alone > 0 ? 1 : operations.length;
    const results: unknown[] = [];
    const since = performance.now();
    const paused = since < this.#pausedUntil && !this.#closed;
    let full = false;
    try {
      const again = this.#commitAll(operations, count, results, paused);
      full = this.#listener.full && !paused;
      if (full) this.#pause(since);
      this.#observe(results.length - again, performance.now() - since, false);
    } catch (error) {
      this.#observe(results.length + 1, performance.now() - since, true);
      const unavailable = error instanceof StoreUnavailable;
      if (isDiskFull(error) && !this.#full) {
        this.#becomeFull();
        this.#pending = operations.filter(({ needsRoom }) => !needsRoom);
        for (const { needsRoom, reject } of operations) if (needsRoom) reject(error);
        return this.#pending.length > 0;
      }
      if (!unavailable && count > 1) this.#alone = Math.min(results.length + 1, count);
      else {
        this.#remove(count);
        for (const operation of operations.slice(0, count)) operation.reject(error);
      }
      if (unavailable) this.#storageFailed(error);
      return this.#pending.length > 0;
    }
    this.#remove(results.length);
    this.#logged += this.#listener.bytesWritten;
    const again: Operation[] = [];
    for (let i = 0; i < results.length; i++) {
      const result = results[i];
      if (result === AGAIN) again.push(operations[i]);
      else if (result instanceof Error) operations[i].reject(result);
      else operations[i].resolve(result);
    }
    this.#putOff = paused && again.length > 0 && this.#pending.length === 0 && !this.#checkpointDue;
    if (again.length > 0) this.#pending = [...again, ...this.#pending];
    const mustTurn = this.#pending.length > 0 || full || this.#checkpointDue;
    this.#listener.afterCommit();
    if (this.#failing && this.#wrote) {
      this.#failing = false;
      this.#report("info", "The embedded store works again");
    }
    return mustTurn;
  }

  #remove(count: number): void {
    this.#pending = this.#pending.slice(count);
    this.#alone = Math.max(this.#alone - count, 0);
  }

  /**
   * Applies operations, at least one, and adds their results to `results`. Returns how many are to be applied again.
   *
   * @throws {StoreUnavailable} if the storage failed
   */
  #commitAll(operations: Operation[], count: number, results: unknown[], paused: boolean): number {
    const until = performance.now() + MAX_TRANSACTION_MS;
    let committing = false;
    try {
      this.#begin.run();
      this.#listener.onBegin(paused);
      let again = 0;
      let events = 0; // since the clock was read
      const waiting = new Set<string>(); // queues
      while (results.length < count) {
        const operation = operations[results.length];
        const result = waiting.size > 0 && waiting.has(keyOfQueue(operation)) ? AGAIN : operation.apply();
        results.push(result);
        if (result === AGAIN) {
          again++;
          if (operation.queue) waiting.add(keyOfQueue(operation));
        }
        events += operation.events;
        if (events < EVENTS_PER_CLOCK_READ) continue;
        if (performance.now() >= until) break;
        events = 0;
      }
      this.#wrote = this.#listener.beforeCommit();
      committing = true;
      this.#commit.run();
      return again;
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
    this.#checkpoint("TRUNCATE");
  }

  #becomeFull(): void {
    this.#full = true;
    this.#triedAt = performance.now();
    this.#reserve?.release();
    this.#checkpoint("TRUNCATE");
    this.#report("warn", "The disk is full: pushes are refused until it has room, everything else goes on");
  }

  /** Checks that from time to time. */
  #hasRoomAgain(): boolean {
    const now = performance.now();
    if (now - this.#triedAt < FULL_RETRY_MS) return false;
    this.#triedAt = now;
    this.#checkpoint("TRUNCATE");
    // As much again, so that pushes do not fill the disk at once.
    if (this.#reserve?.take(RESERVE_BYTES) === false) return false;
    this.#full = false;
    this.#report("info", "The disk has room again: pushes are accepted");
    return true;
  }

  /** @param mode TRUNCATE empties the write-ahead log, which may be what fills the disk */
  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): void {
    this.#logged = 0;
    try {
      this.#db.exec(`PRAGMA wal_checkpoint(${mode})`);
    } catch {
      // Too full for a checkpoint as well.
    }
  }

  /** @param since when work on large contents began */
  #pause(since: number): void {
    const now = performance.now();
    this.#pausedUntil = now + Math.max(2 * (now - since), MIN_PAUSE_MS);
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

/** Empty without a queue: none has an empty name. */
function keyOfQueue(operation: Operation): string {
  return operation.key ??= operation.queue ? keyOf(operation.queue) : "";
}
