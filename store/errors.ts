/**
 * Errors of a store.
 *
 * @module
 */

/** The store cannot be reached, or refuses to work for now. The message is for the client. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";

  /**
   * @param reason part of a sentence
   * @param outcomeUnknown whether the operation may have been done
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

export class QueueFull extends Error {
  override name = "QueueFull";

  constructor() {
    super("The queue is full");
  }
}

/** The cursor is not one that `list` returned. */
export class InvalidCursor extends Error {
  override name = "InvalidCursor";

  constructor() {
    super("The cursor is invalid");
  }
}
