/**
 * Who holds the events that were taken: a handler that is called for each, or loops that ask for them.
 *
 * @module
 */
import type { Delivery, QueuedEvent } from "../event.ts";

/** Holds events. */
export interface EventSink<T> {
  /** How many more events may be taken now. If that is none, `changed` is called as soon as it is more. */
  free(): number;
  /** Takes one. */
  take(event: Delivery<T>): void;
  /** An event is being settled. */
  released(event: Delivery<unknown>): void;
  /** Whether it holds none that could still be settled. */
  idle(): boolean;
  /** Lets no new ones in. Those that only wait go back. */
  drain(): void;
  /** Gives back what nobody works on. */
  giveUp(): void;
}

/** What hands tell their consumer. */
export interface EventSinkOptions {
  /** How many events may be held at once. */
  concurrency: number;
  /** Called when something changed: hands are free, or none holds an event any more. */
  changed: () => void;
  /** Told of errors that nobody else sees. */
  report: (error: unknown, event?: QueuedEvent<unknown>) => void;
}
