/**
 * Receives the events that a consumer claims: a handler, or loops.
 *
 * @module
 */
import type { Delivery } from "../../event.ts";

export interface EventSink<T> {
  /** `onChange` is called when it grows. */
  capacity(): number;
  deliver(event: Delivery<T>): void;
  settling(event: Delivery<unknown>): void;
  /** Whether no event can be settled any more. */
  idle(): boolean;
  drain(): void;
  /** The consumer ended with an error. */
  fail(error: unknown): void;
  /** Gives back events that no code is working on. */
  giveBack(): void;
}

export interface EventSinkOptions {
  concurrency: number;
  /** Called when capacity has grown, or the sink may have become idle. */
  onChange: () => void;
  /** Receives what handlers throw. */
  onFailure: (error: unknown, event: Delivery<unknown>) => void;
  /** Receives errors of settling. */
  onError: (error: unknown, event: Delivery<unknown>) => void;
}
