/**
 * Why okq is fast: a script call for each event reaches 10,000 events a second, one for 256 events more than 200,000.
 * So the operations of one turn of the event loop travel as one call. While two calls are under way the next operations
 * gather, so that batches grow by themselves under load and nothing waits without it.
 *
 * A lane is such a line of batches. One Redis server has one lane, a Cluster one for each partition.
 *
 * @module
 */
import { type BatchObserver, type StoreOptions, StoreUnavailable } from "../../store.ts";
import { type Argument, Batch } from "./batch.ts";
import type { Operation } from "../script/operations.ts";

/** Calls under way at once: one runs in Redis while the next is on its way. */
const MAX_IN_FLIGHT = 2;

/** Pause before what Redis refused for now is sent again, in milliseconds. */
const RETRY_MS = 50;

/** What is sent in its turn: a batch, or what no batch can hold. */
interface Entry {
  /** When it was asked for, in milliseconds of `performance.now()`. */
  readonly since: number;
  /** False if it changes nothing, so that it may be sent again even if nobody knows what became of it. */
  readonly writes?: boolean;
  /** Sends it and settles it; rejects if that could not be done. */
  send(): Promise<void>;
  /** Gives it up. */
  fail(error: unknown): void;
}

/** What a lane is told. */
export type BatcherOptions = Pick<StoreOptions, "timeoutMs" | "observe">;

/** Gathers operations and sends them in batches, in the order they came. */
export class Batcher {
  #run: (batch: Batch) => Promise<void>;
  #timeoutMs: number;
  #observe: BatchObserver;
  #waiting: Entry[] = [];
  #open: Batch | undefined;
  #inFlight = 0;
  #scheduled = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #idle: () => void = () => {};

  /**
   * @param run sends a batch and settles it; rejects if that could not be done
   * @param options how long operations wait for a Redis that cannot be reached or refuses, and who is told of each batch
   */
  constructor(run: (batch: Batch) => Promise<void>, { timeoutMs, observe = () => {} }: BatcherOptions) {
    this.#run = run;
    this.#observe = observe;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Does an operation of the script.
   * @throws {StoreUnavailable} if Redis cannot be reached in time, or the connection broke and the outcome is unknown
   */
  submit<Result>(
    operation: Operation<Result>,
    queue: Uint8Array,
    parameter = 0,
    first?: Argument,
    second?: Argument,
    third?: Argument,
    fourth?: Argument,
  ): Promise<Result> {
    if (!this.#open || this.#open.full) {
      this.#open = new Batch(this.#run, this.#observe);
      this.#enqueue(this.#open);
    }
    return this.#open.add(operation, queue, parameter, first, second, third, fourth);
  }

  /**
   * Sends something else in its turn: after the operations submitted before, and before those submitted later.
   * @throws {StoreUnavailable} likewise
   */
  enqueueCall<Result>(send: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#open = undefined;
    this.#enqueue({
      since: performance.now(),
      send: async () => {
        const since = performance.now();
        const result = await send();
        this.#observe(1, performance.now() - since, false);
        resolve(result);
      },
      fail: reject,
    });
    return promise;
  }

  /** Redis can be reached again: what waits for another try does not wait longer. */
  wake(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#pump();
  }

  /** Resolves when everything submitted has been done or given up. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#inFlight > 0) {
      await new Promise<void>((resolve) => this.#idle = resolve);
    }
  }

  #enqueue(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the microtasks that this turn has queued already: those of the other connections that were read.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#retry !== undefined) return;
    while (this.#waiting.length > 0 && this.#inFlight < MAX_IN_FLIGHT) this.#send(this.#waiting.shift()!);
  }

  async #send(entry: Entry): Promise<void> {
    if (entry === this.#open) this.#open = undefined;
    this.#inFlight++;
    try {
      await entry.send();
    } catch (error) {
      this.#failed(entry, error);
    }
    this.#inFlight--;
    this.#pump();
    this.#idle();
  }

  /**
   * Only what has certainly not been done, or changes nothing, is tried again, and only for as long as its clients can be
   * made to wait.
   */
  #failed(entry: Entry, error: unknown): void {
    const late = performance.now() - entry.since > this.#timeoutMs;
    if (late || !(error instanceof StoreUnavailable)) return entry.fail(error);
    if (error.outcomeUnknown && entry.writes !== false) return entry.fail(error);
    const place = this.#waiting.findIndex((other) => other.since > entry.since);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, entry);
    this.#retry ??= setTimeout(() => this.wake(), RETRY_MS);
  }
}
