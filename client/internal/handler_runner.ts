/**
 * Hands that call a handler for each event. An event whose handler fails goes back to the server, which holds it until it
 * is due again.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "../event.ts";
import type { EventSink, EventSinkOptions } from "./sink.ts";
import type { LeaseRenewer } from "./lease_renewer.ts";
import type { Retry } from "./retry.ts";

/** Works on an event. What it throws, or rejects with, gives the event back. */
export type Handler<T> = (event: QueuedEvent<T>) => unknown;

/** Hands with a handler. */
export class HandlerRunner<T> implements EventSink<T> {
  readonly #handler: Handler<T>;
  readonly #options: EventSinkOptions;
  readonly #retry: Retry;
  readonly #heartbeat: LeaseRenewer;
  #working = 0;
  #draining = false;

  /**
   * @param retry when failed events come again
   * @param heartbeat prolongs the leases of events that are being handled
   */
  constructor(handler: Handler<T>, retry: Retry, heartbeat: LeaseRenewer, options: EventSinkOptions) {
    this.#handler = handler;
    this.#retry = retry;
    this.#heartbeat = heartbeat;
    this.#options = options;
  }

  free(): number {
    return this.#draining ? 0 : this.#options.concurrency - this.#working;
  }

  take(event: Delivery<T>): void {
    if (this.#draining) this.#settle(event, event.redo());
    else this.#handle(event);
  }

  idle(): boolean {
    return this.#working === 0;
  }

  released(event: Delivery<unknown>): void {
    this.#heartbeat.release(event); // its handler may go on
  }

  drain(): void {
    this.#draining = true;
  }

  giveUp(): void {} // a handler works on each

  async #handle(event: Delivery<T>): Promise<void> {
    this.#working++;
    this.#heartbeat.hold(event);
    try {
      await this.#handler(event);
      if (!event.settled) this.#settle(event, event.ack());
    } catch (error) {
      if (!event.settled) this.#failed(event, error); // first, for who is told may drain the consumer
      this.#options.report(error, event);
    }
    this.#working--;
    this.#options.changed();
  }

  #failed(event: Delivery<T>, error: unknown): void {
    this.#settle(event, event.nack(this.#retry.failure(event.attempt, error)));
  }

  #settle(event: Delivery<T>, outcome: Promise<boolean>): void {
    outcome.catch((error) => this.#options.report(error, event));
  }
}
