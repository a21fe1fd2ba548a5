/**
 * Replies as values. Commands return them; `encode.ts` turns them into bytes, for RESP2 or RESP3.
 *
 * @module
 */

/** A simple string (`+OK`). Control characters are escaped when it is encoded. */
export class Status {
  constructor(readonly text: string) {}
}

/** An error (`-ERR …`). Control characters are escaped when it is encoded. */
export class ErrorReply {
  /** @param text a code and a sentence: `ERR syntax error` */
  constructor(readonly text: string) {}
}

/**
 * A reply: bytes and strings are bulk strings, numbers are integers, null is nil, an array is an array, and a map is a
 * map in RESP3 and a flat array in RESP2.
 */
export type Reply = Status | ErrorReply | Uint8Array | string | number | null | Reply[] | Map<string, Reply>;

/** The reply to a command that succeeded and has no other result. */
export const OK: Status = new Status("OK");

/** The received bytes are not RESP. The connection that they came from cannot be read any further. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";

  /** @param detail what was wrong, in the words of Redis: `invalid bulk length` */
  constructor(detail: string) {
    super(`Protocol error: ${detail}`);
  }
}
