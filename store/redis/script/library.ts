/**
 * Calls a Lua function in Redis: that of a library where Redis has loaded it, otherwise the same source as a script.
 *
 * @module
 */
import { type Args, countArguments, EncodedArguments, type LibrarySource, type Link } from "../connection/link.ts";
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
  readonly #call: EncodedArguments;

  /**
   * @param name of the library and of its function
   * @param script the same function as a script
   */
  constructor(readonly name: string, readonly source: string, script: string) {
    this.#script = new Script(script);
    this.#call = new EncodedArguments(["FCALL", name]);
  }

  /**
   * Calls the function, then sends `then` through the same connection, and returns all replies.
   * @param key one of the keys, for the link
   * @param keys all keys that the function touches, in one slot
   * @throws {StoreUnavailable} as {@linkcode Link.send}
   */
  async call(link: Link, key: string, keys: Args, args: Args, ...then: Args[]): Promise<unknown[]> {
    if (!link.hasLibrary(key)) return await this.#script.call(link, key, keys, args, ...then);
    const commands = [[this.#call, String(countArguments(keys)), ...keys, ...args], ...then];
    try {
      return await link.send(key, commands);
    } catch (error) {
      try {
        return await this.#loadAndCall(link, key, commands, error);
      } catch (error) {
        if (!isRefused(error)) throw error;
        return await this.#script.call(link, key, keys, args, ...then);
      }
    }
  }

  /** Loads the library if Redis has lost it: by FUNCTION FLUSH, a restart, or because another server took over. */
  async #loadAndCall(link: Link, key: string, commands: Args[], error: unknown): Promise<unknown[]> {
    if (!(error instanceof Error && NOT_FOUND.test(error.message))) throw error;
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
