/**
 * The events of another okq, as {@linkcode migrate} reads and removes them.
 *
 * @module
 */

/** A queue to move. */
export interface LegacyQueue {
  /** The queue's name. */
  name: Uint8Array;
  /** The number of its events. */
  events: number;
}

/** What there is to move. */
export interface LegacyOverview {
  /** The queues that hold events; incomplete if the okq is in use. */
  queues: LegacyQueue[];
  /** Why the okq seems to be in use and what to do, as part of a sentence; undefined if it does not. */
  inUse?: string;
}

/** An event to move. */
export interface LegacyEvent {
  /** Identifies the event within its queue. */
  id: Uint8Array;
  /** What was pushed; null if it is missing, as after an acknowledgement that was interrupted. */
  contents: Uint8Array | null;
  /** Whether an earlier batch that was not completed held the event, so that it may have been pushed already. */
  retried: boolean;
}

/** The result for one event: pushed into the new store, kept in the old one, or without contents to push. */
export type MoveOutcome = "moved" | "kept" | "missing";

/** A batch of events to move. They stay in the old store until the batch is completed. */
export interface LegacyBatch {
  /** The events, in the order in which they must be pushed on the left. */
  events: LegacyEvent[];
  /**
   * Removes the moved and the missing events in one step. Resolves to the number of moved events that were removed.
   * @param outcomes one for each event, in the same order
   * @throws {LegacyInUse}
   */
  complete(outcomes: MoveOutcome[]): Promise<number>;
}

/** The store of another okq. Every method may reject with {@linkcode StoreUnavailable}. */
export interface LegacySource {
  /** Counts what there is. Changes nothing. */
  overview(): Promise<LegacyOverview>;
  /**
   * Reads the events of a queue, leased ones first: they would be delivered next. Each batch must be completed before
   * the next is requested.
   * @throws {LegacyInUse}
   */
  batches(queue: Uint8Array): AsyncGenerator<LegacyBatch, void>;
  /** Closes the connections. */
  close(): void;
}

/** The other okq is running, or has changed its events during the migration. */
export class LegacyInUse extends Error {
  override name = "LegacyInUse";
}
