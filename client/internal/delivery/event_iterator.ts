/**
 * Delivers events to `for await` loops, one each time a loop asks. The loop settles it.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "../../event.ts";
import type { EventSink, EventSinkOptions } from "./sink.ts";
import { withResolvers } from "../runtime.ts";

type Result<T> = IteratorResult<QueuedEvent<T>, undefined>;

/** An event counts against `concurrency` until it is settled or its lease ends. */
export class EventIterator<T> implements EventSink<T> {
  readonly #options: EventSinkOptions;
  readonly #onLastReturn: () => void;
  readonly #requests: PromiseWithResolvers<Result<T>>[] = []; // of loops that wait for an event
  readonly #unsettled = new Set<Delivery<T>>();
  #loops = 0;
  #draining = false;
  #failure: { error: unknown } | undefined;
  #leaseTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLastReturn called when the last loop is left */
  constructor(options: EventSinkOptions, onLastReturn: () => void) {
    this.#options = options;
    this.#onLastReturn = onLastReturn;
  }

  iterator(): AsyncIterator<QueuedEvent<T>, undefined> {
    this.#loops++;
    let returned = false;
    return {
      next: () => returned ? done() : this.#next(),
      return: () => {
        if (!returned && --this.#loops === 0) this.#onLastReturn();
        returned = true;
        return done();
      },
    };
  }

  capacity(): number {
    return this.#draining ? 0 : Math.min(this.#requests.length, this.#options.concurrency - this.#countUnsettled());
  }

  deliver(event: Delivery<T>): void {
    const request = this.#requests.shift();
    if (!request) return this.#redo(event);
    this.#unsettled.add(event);
    request.resolve({ done: false, value: event });
  }

  settling(event: Delivery<unknown>): void {
    if (this.#unsettled.delete(event as Delivery<T>)) this.#options.onChange();
  }

  idle(): boolean {
    return this.#countUnsettled() === 0;
  }

  drain(): void {
    this.#draining = true;
    for (const { resolve } of this.#requests.splice(0)) resolve({ done: true, value: undefined });
  }

  fail(error: unknown): void {
    this.#failure = { error };
    for (const { reject } of this.#requests.splice(0)) reject(error);
  }

  giveBack(): void {
    clearTimeout(this.#leaseTimer);
    for (const event of [...this.#unsettled]) this.#redo(event);
  }

  #redo(event: Delivery<T>): void {
    event.redo().catch((error) => this.#options.onError(error, event));
  }

  #next(): Promise<Result<T>> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#draining) return done();
    const request = withResolvers<Result<T>>();
    this.#requests.push(request);
    this.#options.onChange();
    return request.promise;
  }

  /** Forgets events whose leases have ended, and has `onChange` called when the next one ends. */
  #countUnsettled(): number {
    clearTimeout(this.#leaseTimer);
    let nextMs = Infinity;
    for (const event of this.#unsettled) {
      const { remainingMs } = event;
      if (remainingMs > 0) nextMs = Math.min(nextMs, remainingMs);
      else this.#unsettled.delete(event);
    }
    if (this.#unsettled.size > 0) this.#leaseTimer = setTimeout(this.#options.onChange, nextMs);
    return this.#unsettled.size;
  }
}

function done(): Promise<Result<never>> {
  return Promise.resolve({ done: true, value: undefined });
}
