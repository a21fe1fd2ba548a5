/**
 * Calls Lua scripts by their hash, or with their text where Redis does not know the hash.
 *
 * @module
 */
import { createHash } from "../../../deps.ts";
import { type Args, countArguments, type Link } from "../connection/link.ts";

export class Script {
  #source: string;
  #sha: string;

  constructor(source: string) {
    this.#source = source;
    this.#sha = createHash("sha1").update(source).digest("hex");
  }

  /**
   * Calls the script, then sends `then` through the same connection, and returns all replies.
   * @param key one of the keys, for the link
   * @param keys all keys that the script touches, in one slot
   * @throws {StoreUnavailable} as {@linkcode Link.send}
   */
  async call(link: Link, key: string, keys: Args, args: Args, ...then: Args[]): Promise<unknown[]> {
    const rest = [String(countArguments(keys)), ...keys, ...args];
    try {
      return await link.send(key, [["EVALSHA", this.#sha, ...rest], ...then]);
    } catch (error) {
      // Redis has never had the script, or lost it in a restart: nothing was done.
      if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
      return await link.send(key, [["EVAL", this.#source, ...rest], ...then]);
    }
  }
}
