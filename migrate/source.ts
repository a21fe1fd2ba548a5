/**
 * What okq asks of the place where another okq has kept its events, to move them into a {@linkcode Store}.
 *
 * @module
 */

/** A queue of the former okq. */
export interface LegacyQueue {
  /** Its name. */
  name: Uint8Array;
  /** How many events it holds. */
  events: number;
}

/** What there is to move. */
export interface LegacyOverview {
  /** The queues that hold events. */
  queues: LegacyQueue[];
  /** A sign that the former okq is in use, as part of a sentence that says what to do; the queues are not named then. */
  life?: string;
}

/** An event of the former okq. */
export interface LegacyEvent {
  /** Identifies the event within its queue. */
  id: Uint8Array;
  /** What was pushed; null if that is gone, as it is when an acknowledgement was cut off in the middle. */
  contents: Uint8Array | null;
  /** A batch before has given this event out and was never settled, so it may have been pushed already. */
  again: boolean;
}

/** What has become of an event: it is in its new store, or it stays where it is, or there was nothing to move. */
export type MoveOutcome = "moved" | "stays" | "void";

/** Some events that are next to be moved. Until they are settled they are where they were as well. */
export interface LegacyBatch {
  /** The events, in the order in which they must be pushed on the left. */
  events: LegacyEvent[];
  /**
   * Removes those that are moved or void, in one step. Resolves to how many were moved.
   * @param fates of the events, in their order
   * @throws {LegacyInUse}
   */
  settle(fates: MoveOutcome[]): Promise<number>;
}

/** The events of a former okq. Every method may reject with {@linkcode StoreUnavailable}. */
export interface LegacySource {
  /** Looks at everything. Changes nothing. */
  overview(): Promise<LegacyOverview>;
  /**
   * Gives out the events of a queue: those being processed come first, for they are next when they come back.
   * Each batch must be settled before the next one is asked for.
   * @throws {LegacyInUse}
   */
  batches(queue: Uint8Array): AsyncGenerator<LegacyBatch, void>;
  /** Lets go of connections. */
  close(): void;
}

/** The former okq has changed something since it was last looked at. */
export class LegacyInUse extends Error {
  /** Always "FormerInUse". */
  override name = "FormerInUse";
}
