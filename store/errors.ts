/**
 * What a store says when it does not do what was asked for.
 *
 * @module
 */

/** The store cannot be reached or refuses to work for now. The message is for the client. */
export class StoreUnavailable extends Error {
  /** Always "StoreUnavailable". */
  override name = "StoreUnavailable";

  /**
   * @param reason why, as part of a sentence
   * @param outcomeUnknown whether the operation may have taken effect all the same
   */
  constructor(readonly reason: string, readonly outcomeUnknown: boolean, options?: ErrorOptions) {
    super(
      outcomeUnknown
        ? `The outcome is unknown: ${reason}; it may have been done or not`
        : `Nothing was done: ${reason}`,
      options,
    );
  }
}

/** The queue holds as many events as its policy allows. */
export class QueueFull extends Error {
  /** Always "QueueFull". */
  override name = "QueueFull";

  constructor() {
    super("The queue is full");
  }
}

/** What was given as a cursor is none. */
export class InvalidCursor extends Error {
  /** Always "InvalidCursor". */
  override name = "InvalidCursor";

  constructor() {
    super("The cursor is none that was handed out");
  }
}
