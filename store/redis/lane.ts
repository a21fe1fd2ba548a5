/**
 * Why okq is fast: a script call for each event reaches 10,000 events a second, one for 256 events more than 200,000.
 * So the operations of one turn of the event loop travel as one call. While two calls are under way the next operations
 * gather, so that batches grow by themselves under load and nothing waits without it.
 *
 * A lane is such a line of batches. One Redis server has one lane, a Cluster one for each partition.
 *
 * @module
 */
import { StoreUnavailable } from "../store.ts";
import { Batch } from "./batch.ts";
import type { Operation } from "./operations.ts";

/** Calls under way at once: one runs in Redis while the next is on its way. */
const MAX_IN_FLIGHT = 2;

/** Pause before what Redis refused for now is sent again, in milliseconds. */
const RETRY_MS = 50;

/** Gathers operations and sends them in batches, in the order they came. */
export class Lane {
  #run: (batch: Batch) => Promise<void>;
  #timeoutMs: number;
  #waiting: Batch[] = [];
  #inFlight = 0;
  #scheduled = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param run sends a batch and settles it; rejects if that could not be done
   * @param timeoutMs how long operations wait for a Redis that cannot be reached or refuses, in milliseconds
   */
  constructor(run: (batch: Batch) => Promise<void>, timeoutMs: number) {
    this.#run = run;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Does an operation of `queue.lua`.
   * @throws {StoreUnavailable} if Redis cannot be reached in time, or the connection broke and the outcome is unknown
   */
  submit<Result>(
    operation: Operation<Result>,
    queue: Uint8Array,
    parameter = 0,
    first?: Uint8Array,
    second?: Uint8Array,
  ): Promise<Result> {
    let batch = this.#waiting.at(-1);
    if (!batch || batch.full) {
      batch = new Batch();
      this.#waiting.push(batch);
    }
    const result = batch.add(operation, queue, parameter, first, second);
    if (!this.#scheduled) {
      this.#scheduled = true;
      // After the microtasks that this turn has queued already: those of the other connections that were read.
      queueMicrotask(() => {
        this.#scheduled = false;
        if (this.#retry === undefined) this.#pump();
      });
    }
    return result;
  }

  /** Redis can be reached again: what waits for another try does not wait longer. */
  wake(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#pump();
  }

  /** Fails what waits. */
  close(): void {
    clearTimeout(this.#retry);
    for (const batch of this.#waiting.splice(0)) batch.fail(new StoreUnavailable("the store is being closed", false));
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < MAX_IN_FLIGHT) this.#send(this.#waiting.shift()!);
  }

  async #send(batch: Batch): Promise<void> {
    this.#inFlight++;
    try {
      await this.#run(batch);
    } catch (error) {
      this.#failed(batch, error);
    }
    this.#inFlight--;
    if (this.#retry === undefined) this.#pump();
  }

  /** Only what has certainly not been done is tried again, and only for as long as its clients can be made to wait. */
  #failed(batch: Batch, error: unknown): void {
    const late = performance.now() - batch.since > this.#timeoutMs;
    if (late || !(error instanceof StoreUnavailable) || error.outcomeUnknown) return batch.fail(error);
    batch.closed = true;
    const place = this.#waiting.findIndex((other) => other.since > batch.since);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, batch);
    this.#retry ??= setTimeout(() => this.wake(), RETRY_MS);
  }
}
