/**
 * Replies as values. A command returns one; `encode.ts` alone turns it into bytes, for RESP2 or RESP3.
 *
 * @module
 */

/** A short one-line answer such as `OK` (`+OK`). */
export class Status {
  /**
   * Makes a status.
   *
   * @param text one line; control characters are escaped when it is written
   */
  constructor(readonly text: string) {}
}

/** An error answer (`-ERR …`). Control characters in its text are escaped when it is written. */
export class ErrorReply {
  /**
   * Makes an error.
   *
   * @param text code and sentence: `ERR syntax error`
   */
  constructor(readonly text: string) {}
}

/**
 * A reply: bytes and strings are bulk strings, numbers are integers, null is nil, an array is an array, and a map is a
 * map in RESP3 and a flat array in RESP2.
 */
export type Reply = Status | ErrorReply | Uint8Array | string | number | null | Reply[] | Map<string, Reply>;

/** The answer to a command that did what it was asked to do. */
export const OK: Status = new Status("OK");
