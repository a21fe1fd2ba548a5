/**
 * Replies as values: commands return them, `encode.ts` makes bytes.
 *
 * @module
 */

/** A simple string (`+OK`). Encoding escapes control characters. */
export class Status {
  constructor(readonly text: string) {}
}

/** An error (`-ERR …`), likewise. */
export class ErrorReply {
  constructor(readonly text: string) {}
}

/** Bytes and strings are bulk strings; null is nil; a map is a flat array in RESP2. */
export type Reply = Status | ErrorReply | Uint8Array | string | number | null | Reply[] | Map<string, Reply>;

export const OK: Status = new Status("OK");

/** For a bug, or an unforeseen error: the log has the cause. */
export const UNEXPECTED_ERROR: ErrorReply = new ErrorReply("ERR unexpected server-side error");

/** The bytes are not RESP: the connection cannot be read any further. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";

  /** @param detail in the words of Redis: `invalid bulk length` */
  constructor(detail: string) {
    super(`Protocol error: ${detail}`);
  }
}
