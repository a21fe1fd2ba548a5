/**
 * The events of another okq, as {@linkcode migrateGo} reads and removes them.
 *
 * @module
 */

export interface LegacyQueue {
  name: Uint8Array;
  events: number;
}

export interface LegacyOverview {
  /** Queues with events; incomplete if the okq is in use. */
  queues: LegacyQueue[];
  /** Why the okq seems to be in use and what to do, as part of a sentence. */
  inUse?: string;
}

export interface LegacyEvent {
  id: Uint8Array;
  /** Null after an interrupted acknowledgement. */
  contents: Uint8Array | null;
  /** Whether an earlier batch held the event and was not completed, so that it may have been pushed. */
  retried: boolean;
}

/** Pushed into the new store, kept in the old one, or without contents to push. */
export type MoveOutcome = "moved" | "kept" | "missing";

/** The events stay in the old store until the batch is completed. */
export interface LegacyBatch {
  /** In the order in which they must be pushed on the left. */
  events: LegacyEvent[];
  /**
   * Removes the moved and the missing events in one step. Resolves to the number of moved ones that were removed.
   *
   * @param outcomes one for each event, in the same order
   * @throws {SourceInUse}
   */
  complete(outcomes: MoveOutcome[]): Promise<number>;
}

/** Every method may reject with {@linkcode StoreUnavailable}. */
export interface LegacySource {
  /** Changes nothing. */
  overview(): Promise<LegacyOverview>;
  /**
   * Yields the events, leased ones first: they would be delivered next. Each batch must be completed before the next is
   * requested.
   *
   * @throws {SourceInUse}
   */
  batches(queue: Uint8Array): AsyncGenerator<LegacyBatch, void>;
  close(): void;
}

/** An okq uses what is to be read, or changed it meanwhile. The message says so, and what to do, as part of a sentence. */
export class SourceInUse extends Error {
  override name = "SourceInUse";
}
