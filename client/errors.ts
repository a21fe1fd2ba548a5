/**
 * Errors of producers and consumers.
 *
 * @module
 */

/** Base class of all errors except for wrong arguments. */
export class OkqError extends Error {
  /** Made by {@linkcode Producer} and {@linkcode Consumer}. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The queue holds an event with this id. Nothing was pushed. */
export class DuplicateEvent extends OkqError {
  /** Made by {@linkcode Producer}. */
  constructor(readonly queue: string, readonly id: string) {
    super(`Pushing to ${JSON.stringify(queue)} failed: it holds an event ${JSON.stringify(id)} already`);
  }
}

/** The server allows no more pending `noblock` pushes. Nothing was pushed. */
export class TooBusy extends OkqError {}

/** No okq could be reached, or its store could not. `outcomeUnknown`: the operation may have been carried out. */
export class Unavailable extends OkqError {
  /** Made by {@linkcode Producer} and {@linkcode Consumer}. */
  constructor(message: string, readonly outcomeUnknown: boolean, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * The server refused a command, and would again: an id that is too long, contents beyond `--max-event-bytes`, a missing
 * permission.
 */
export class Refused extends OkqError {}

/** The codec cannot decode an event; `cause` is what it threw. */
export class DecodeError extends OkqError {
  /** Made by {@linkcode QueuedEvent.value}. */
  constructor(readonly queue: string, readonly id: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Decoding event ${JSON.stringify(id)} of ${JSON.stringify(queue)} failed: ${reason}`, { cause });
  }
}

/** An event of {@linkcode Producer.pushAll} that was not pushed. */
export interface PushFailure {
  /** Index of the value. */
  index: number;
  /** The event's id. */
  id: string;
  /** An {@linkcode OkqError}, or a TypeError or RangeError for wrong arguments. */
  error: unknown;
}

/** Some events of {@linkcode Producer.pushAll} were not pushed: `failures`, by index. All others were. */
export class BatchFailed extends OkqError {
  /** Made by {@linkcode Producer}. */
  constructor(queue: string, readonly failures: PushFailure[], total: number) {
    const first = failures[0].error;
    const reason = first instanceof Error ? first.message : String(first);
    super(`Pushing ${failures.length} of ${total} events to ${JSON.stringify(queue)} failed; the first: ${reason}`, {
      cause: first,
    });
  }
}
