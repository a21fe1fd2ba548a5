/**
 * Why okq is fast: a script call for each event reaches 10,000 events a second, one for 256 events more than 200,000.
 * So the operations of one turn of the event loop travel as one call. While two calls are under way the next operations
 * gather, so that batches grow by themselves under load and nothing waits without it.
 *
 * A lane is such a line of batches. One Redis server has one lane.
 *
 * @module
 */
import { StoreUnavailable } from "../store.ts";
import { Batch } from "./batch.ts";
import type { Operation } from "./operations.ts";
import type { Transport } from "./transport.ts";

/** Calls under way at once: one runs in Redis while the next is on its way. */
const MAX_IN_FLIGHT = 2;

/** Gathers operations and sends them in batches, in the order they came. */
export class Lane {
  #transport: Transport;
  #timeoutMs: number;
  #waiting: Batch[] = [];
  #inFlight = 0;
  #scheduled = false;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param transport the way to Redis
   * @param timeoutMs how long operations wait for a lost connection, in milliseconds
   */
  constructor(transport: Transport, timeoutMs: number) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Does an operation of `queue.lua`.
   * @throws {StoreUnavailable} if Redis cannot be reached in time
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
        this.pump();
      });
    }
    return result;
  }

  /** Sends what can be sent. Called again when the connection has come back. */
  pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < MAX_IN_FLIGHT && this.#transport.ready) {
      this.#send(this.#waiting.shift()!);
    }
    if (this.#waiting.length > 0) this.#expiry ??= setTimeout(() => this.#expire(), this.#untilExpiry());
  }

  /** Fails what waits. */
  close(): void {
    clearTimeout(this.#expiry);
    for (const batch of this.#waiting.splice(0)) batch.fail(new StoreUnavailable("the store is being closed", false));
  }

  async #send(batch: Batch): Promise<void> {
    this.#inFlight++;
    try {
      batch.settle(await this.#transport.run(batch.keys, batch.finish()), this.#transport.errorFrom);
    } catch (error) {
      batch.fail(error);
    } finally {
      this.#inFlight--;
      this.pump();
    }
  }

  /** Gives up on what has waited too long without having been sent. */
  #expire(): void {
    this.#expiry = undefined;
    const error = new StoreUnavailable(this.#transport.whyNotReady(), false);
    while (this.#waiting.length > 0 && this.#untilExpiry() <= 0) this.#waiting.shift()!.fail(error);
    this.pump();
  }

  #untilExpiry(): number {
    return this.#waiting[0].since + this.#timeoutMs - performance.now();
  }
}
