/**
 * What can go wrong for a producer or a consumer.
 *
 * @module
 */

/** The base of all errors that {@linkcode Producer} and {@linkcode Consumer} throw for what happened outside of the program. */
export class OkqError extends Error {
  /**
   * Made by {@linkcode Producer} and {@linkcode Consumer}.
   *
   * @param message what failed, and why
   * @param options the cause
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The queue holds an event of this id already, ready or being processed. Nothing was pushed. */
export class DuplicateEvent extends OkqError {
  /**
   * Made by {@linkcode Producer}.
   *
   * @param queue the queue
   * @param id the event's id
   */
  constructor(readonly queue: string, readonly id: string) {
    super(`Pushing to ${JSON.stringify(queue)} failed: it holds an event ${JSON.stringify(id)} already`);
  }
}

/** A `noblock` push was refused, because as many as the server allows are waiting. Nothing was pushed. */
export class TooBusy extends OkqError {}

/** No okq, or no store behind it, could be reached. */
export class Unavailable extends OkqError {
  /**
   * Made by {@linkcode Producer} and {@linkcode Consumer}.
   *
   * @param message what failed, and why
   * @param outcomeUnknown whether it may have been done all the same
   * @param options the cause
   */
  constructor(message: string, readonly outcomeUnknown: boolean, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The server refused a command for a reason that stays: too long an id, contents beyond `--max-event-bytes`, a bug. */
export class Refused extends OkqError {}

/** The codec cannot decode an event's contents. Its `cause` is what the codec threw. */
export class DecodeError extends OkqError {
  /**
   * Made by {@linkcode QueuedEvent.value}.
   *
   * @param queue the queue
   * @param id the event's id
   * @param cause what the codec threw
   */
  constructor(readonly queue: string, readonly id: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Decoding event ${JSON.stringify(id)} of ${JSON.stringify(queue)} failed: ${reason}`, { cause });
  }
}

/** An event that was not pushed with the others. */
export interface PushFailure {
  /** Its place among those given, from 0. */
  index: number;
  /** Its id. */
  id: string;
  /** Why. */
  error: unknown;
}

/** Some events of {@linkcode Producer.pushAll} were not pushed; all others were. */
export class BatchFailed extends OkqError {
  /**
   * Made by {@linkcode Producer}.
   *
   * @param queue the queue
   * @param failures those that were not pushed
   * @param total how many were to be pushed
   */
  constructor(queue: string, readonly failures: PushFailure[], total: number) {
    const first = failures[0].error;
    const reason = first instanceof Error ? first.message : String(first);
    super(`Pushing ${failures.length} of ${total} events to ${JSON.stringify(queue)} failed; the first: ${reason}`, {
      cause: first,
    });
  }
}
