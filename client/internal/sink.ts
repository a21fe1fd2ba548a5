/**
 * What receives the events that a consumer claims: a handler that is called for each, or loops that ask for them.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "../event.ts";

export interface EventSink<T> {
  /** Number of events that can be delivered now. `onChange` is called when it grows. */
  capacity(): number;
  /** Delivers an event. */
  deliver(event: Delivery<T>): void;
  /** Called when an event is being settled. */
  settling(event: Delivery<unknown>): void;
  /** Whether no event can be settled any more. */
  idle(): boolean;
  /** Accepts no more events. */
  drain(): void;
  /** Gives back events that no code is working on. */
  giveBack(): void;
}

/** What a sink needs. */
export interface EventSinkOptions {
  /** Largest number of events at a time. */
  concurrency: number;
  /** Called when capacity has grown, or the sink may have become idle. */
  onChange: () => void;
  /** Receives errors that reach no caller. */
  onError: (error: unknown, event: QueuedEvent<unknown>) => void;
}
