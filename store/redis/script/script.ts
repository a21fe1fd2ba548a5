/**
 * Calls of Lua scripts: by the hash under which Redis remembers them, and whole where it does not.
 *
 * @module
 */
import { createHash } from "../../../deps.ts";
import type { Key } from "../keys.ts";
import type { Args, Link } from "../connection/link.ts";

/** A Lua script. */
export class Script {
  #source: string;
  #sha: string;

  /** @param source its text */
  constructor(source: string) {
    this.#source = source;
    this.#sha = createHash("sha1").update(source).digest("hex");
  }

  /**
   * Calls the script, then sends the other commands through the same connection, and returns all replies.
   * @param keys the keys that it touches, all in one slot
   * @throws {StoreUnavailable} as {@linkcode Link.send}
   */
  async call(link: Link, keys: Key[], args: Key[], ...then: Args[]): Promise<unknown[]> {
    const rest = [String(keys.length), ...keys, ...args];
    const key = String(keys[0]); // its hash tag is all that counts
    try {
      return await link.send(key, [["EVALSHA", this.#sha, ...rest], ...then]);
    } catch (error) {
      // Redis has not seen the script, or has forgotten it in a restart: nothing has been done.
      if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
      return await link.send(key, [["EVAL", this.#source, ...rest], ...then]);
    }
  }
}
