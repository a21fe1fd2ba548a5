/**
 * Calls a Lua function in Redis: that of a library where Redis has loaded it, otherwise the same source as a script.
 *
 * @module
 */
import type { Args, LibrarySource, Link } from "../connection/link.ts";
import type { Key } from "../keys.ts";
import { StoreUnavailable } from "../../store.ts";
import { Script } from "./script.ts";

const NOT_FOUND = /Function not found/;

/**
 * Redis refuses such calls of a function before they begin. Of a script it refuses no more than the commands that write
 * or need memory, and a user may call it without the permission for functions.
 */
const REFUSED = /Redis answers (OOM|MISCONF|NOREPLICAS|NOPERM|ERR Function not found)/;

export class Library implements LibrarySource {
  readonly #script: Script;

  /**
   * @param name of the library and of its function
   * @param script the same function as a script
   */
  constructor(readonly name: string, readonly source: string, script: string) {
    this.#script = new Script(script);
  }

  /**
   * Calls the function, then sends `then` through the same connection, and returns all replies.
   * @param keys all keys that the function touches, in one slot
   * @throws {StoreUnavailable} as {@linkcode Link.send}
   */
  async call(link: Link, keys: Key[], args: Key[], ...then: Args[]): Promise<unknown[]> {
    const key = String(keys[0]); // only its hash tag counts
    if (link.hasLibrary(key)) {
      try {
        return await this.#callFunction(link, key, [
          ["FCALL", this.name, String(keys.length), ...keys, ...args],
          ...then,
        ]);
      } catch (error) {
        if (!isRefused(error)) throw error;
      }
    }
    return await this.#script.call(link, keys, args, ...then);
  }

  /** Loads the library if Redis has lost it: by FUNCTION FLUSH, a restart, or because another server took over. */
  async #callFunction(link: Link, key: string, commands: Args[]): Promise<unknown[]> {
    try {
      return await link.send(key, commands);
    } catch (error) {
      if (!(error instanceof Error && NOT_FOUND.test(error.message))) throw error;
    }
    try {
      await link.send(key, [["FUNCTION", "LOAD", this.source]]);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("already exists"))) throw error;
    }
    return await link.send(key, commands);
  }
}

function isRefused(error: unknown): boolean {
  const nothingDone = error instanceof Error && !(error instanceof StoreUnavailable && error.outcomeUnknown);
  return nothingDone && REFUSED.test(error.message);
}
