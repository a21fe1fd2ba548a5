/**
 * Calls a handler for each event, and settles the event by its outcome.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "../../event.ts";
import type { RetryDelays } from "../backoff.ts";
import type { LeaseRenewer } from "./lease_renewer.ts";
import type { EventSink, EventSinkOptions } from "./sink.ts";

/** What the server keeps. */
const MAX_REASON_BYTES = 1024;

/** Processes an event. If it throws or rejects, the event has failed and is delivered again. */
export type Handler<T> = (event: QueuedEvent<T>) => unknown;

export class HandlerRunner<T> implements EventSink<T> {
  readonly #handler: Handler<T>;
  readonly #options: EventSinkOptions;
  readonly #retryDelays: RetryDelays;
  readonly #renewer: LeaseRenewer;
  #running = 0;
  #draining = false;

  constructor(handler: Handler<T>, retryDelays: RetryDelays, renewer: LeaseRenewer, options: EventSinkOptions) {
    this.#handler = handler;
    this.#retryDelays = retryDelays;
    this.#renewer = renewer;
    this.#options = options;
  }

  capacity(): number {
    return this.#draining ? 0 : this.#options.concurrency - this.#running;
  }

  deliver(event: Delivery<T>): void {
    if (this.#draining) this.#report(event, event.redo());
    else this.#run(event);
  }

  idle(): boolean {
    return this.#running === 0;
  }

  settling(event: Delivery<unknown>): void {
    this.#renewer.remove(event); // its handler may still run
  }

  drain(): void {
    this.#draining = true;
  }

  fail(): void {} // `run` rejects

  giveBack(): void {} // a handler is working on each event

  async #run(event: Delivery<T>): Promise<void> {
    this.#running++;
    this.#renewer.add(event);
    try {
      await this.#handler(event);
      if (!event.settled) this.#report(event, event.ack());
    } catch (error) {
      // Before onFailure, which may drain the consumer.
      if (!event.settled) this.#report(event, event.nack(this.#failure(event.attempt, error)));
      this.#options.onFailure(error, event);
    }
    this.#running--;
    this.#options.onChange();
  }

  #failure(attempt: number, error: unknown) {
    return { delayMs: this.#retryDelays.after(attempt), reason: reasonOf(error) };
  }

  #report(event: Delivery<T>, settled: Promise<boolean>): void {
    settled.catch((error) => this.#options.onError(error, event));
  }
}

/** An error's message, cut between characters to what the server keeps; undefined if there is none. */
export function reasonOf(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message || error.name : typeof error === "string" ? error : "";
  if (text === "") return undefined;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_REASON_BYTES));
  return text.slice(0, read);
}
