/**
 * Hands of loops: each loop is given an event when it asks for one, and settles it itself. One that is not settled is in
 * hand until its lease ends.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "../event.ts";
import type { EventSink, EventSinkOptions } from "./sink.ts";

type Result<T> = IteratorResult<QueuedEvent<T>, undefined>;

/** Hands of loops. */
export class EventIterator<T> implements EventSink<T> {
  readonly #options: EventSinkOptions;
  readonly #left: () => void;
  readonly #asking: ((result: Result<T>) => void)[] = [];
  readonly #held = new Set<Delivery<T>>();
  #loops = 0;
  #draining = false;
  #leaseTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param left called when the last loop is left */
  constructor(options: EventSinkOptions, left: () => void) {
    this.#options = options;
    this.#left = left;
  }

  /** For one more loop. */
  iterator(): AsyncIterator<QueuedEvent<T>, undefined> {
    this.#loops++;
    let over = false;
    return {
      next: () => over ? done() : this.#next(),
      return: () => {
        if (!over && --this.#loops === 0) this.#left();
        over = true;
        return done();
      },
    };
  }

  free(): number {
    return this.#draining ? 0 : Math.min(this.#asking.length, this.#options.concurrency - this.#holding());
  }

  take(event: Delivery<T>): void {
    const give = this.#asking.shift();
    if (!give) return void event.redo().catch((error) => this.#options.report(error, event));
    this.#held.add(event);
    give({ done: false, value: event });
  }

  released(event: Delivery<unknown>): void {
    if (this.#held.delete(event as Delivery<T>)) this.#options.changed();
  }

  idle(): boolean {
    return this.#holding() === 0;
  }

  drain(): void {
    this.#draining = true;
    for (const give of this.#asking.splice(0)) give({ done: true, value: undefined });
  }

  giveUp(): void {
    clearTimeout(this.#leaseTimer);
    for (const event of [...this.#held]) event.redo().catch((error) => this.#options.report(error, event));
  }

  #next(): Promise<Result<T>> {
    if (this.#draining) return done();
    return new Promise((resolve) => {
      this.#asking.push(resolve);
      this.#options.changed();
    });
  }

  /** How many events are held. Looks again when the first lease ends. */
  #holding(): number {
    clearTimeout(this.#leaseTimer);
    let first = Infinity;
    for (const event of this.#held) {
      const left = event.remainingMs;
      if (left > 0) first = Math.min(first, left);
      else this.#held.delete(event);
    }
    if (this.#held.size > 0) this.#leaseTimer = setTimeout(this.#options.changed, first);
    return this.#held.size;
  }
}

function done(): Promise<Result<never>> {
  return Promise.resolve({ done: true, value: undefined });
}
