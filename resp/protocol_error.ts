/**
 * What the other side said is not RESP.
 *
 * @module
 */

/** The bytes received break the protocol. The connection they came from cannot be read any further. */
export class ProtocolError extends Error {
  /** Tells this error from others in a log line. */
  override readonly name: string = "ProtocolError";

  /**
   * Makes an error whose message begins with `Protocol error: `.
   *
   * @param detail what was wrong, in the words of Redis: `invalid bulk length`
   */
  constructor(detail: string) {
    super(`Protocol error: ${detail}`);
  }
}
