/**
 * Hands that call a handler for each event.
 *
 * An event whose handler fails is put aside for a while before it is given back, for it is the next one popped then. As
 * many may lie aside as are being handled, so that one that always fails does not hold up the others, and a handler that
 * fails for all slows the consumer down.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "./event.ts";
import type { Hands, HandsOptions } from "./hands.ts";

/** Works on an event. What it throws, or rejects with, gives the event back. */
export type Handler<T> = (event: QueuedEvent<T>) => unknown;

/** Hands with a handler. */
export class Handling<T> implements Hands<T> {
  readonly #handler: Handler<T>;
  readonly #options: HandsOptions;
  readonly #retryDelayMs: number;
  readonly #aside = new Map<Delivery<T>, ReturnType<typeof setTimeout>>();
  #working = 0;
  #draining = false;

  /** @param retryDelayMs how long failed events lie aside, in milliseconds */
  constructor(handler: Handler<T>, retryDelayMs: number, options: HandsOptions) {
    this.#handler = handler;
    this.#retryDelayMs = retryDelayMs;
    this.#options = options;
  }

  free(): number {
    const { concurrency } = this.#options;
    return this.#draining ? 0 : concurrency - Math.max(this.#working, this.#working + this.#aside.size - concurrency);
  }

  take(event: Delivery<T>): void {
    if (this.#draining) this.#settle(event, event.redo());
    else this.#handle(event);
  }

  idle(): boolean {
    return this.#working + this.#aside.size === 0;
  }

  released(): void {} // its handler may go on

  drain(): void {
    this.#draining = true;
    this.giveUp();
  }

  giveUp(): void {
    for (const event of [...this.#aside.keys()]) this.#putBack(event);
  }

  async #handle(event: Delivery<T>): Promise<void> {
    this.#working++;
    try {
      await this.#handler(event);
      if (!event.settled) this.#settle(event, event.ack());
    } catch (error) {
      if (!event.settled) this.#putAside(event); // first, for who is told may drain the consumer
      this.#options.report(error, event);
    }
    this.#working--;
    this.#options.changed();
  }

  #putAside(event: Delivery<T>): void {
    const left = event.remainingMs;
    if (left <= 0) return; // it is back already
    const wait = this.#draining ? 0 : Math.min(this.#retryDelayMs * (0.5 + Math.random() / 2), left);
    this.#aside.set(event, setTimeout(() => this.#putBack(event), wait));
  }

  #putBack(event: Delivery<T>): void {
    clearTimeout(this.#aside.get(event));
    this.#aside.delete(event);
    this.#settle(event, event.redo());
    this.#options.changed();
  }

  #settle(event: Delivery<T>, outcome: Promise<boolean>): void {
    outcome.catch((error) => this.#options.report(error, event));
  }
}
