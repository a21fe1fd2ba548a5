/**
 * Telling trouble with the storage from mistakes of ours.
 *
 * @module
 */
import { StoreUnavailable } from "../../store.ts";

/** SQLite's fixed sentences for trouble, and whether a COMMIT that failed so may be on disk all the same. */
const STORAGE_ERRORS: [start: string, mayBeDurable: boolean][] = [
  ["database or disk is full", false],
  ["attempt to write a readonly database", false],
  ["unable to open database file", false],
  ["database is locked", false],
  ["out of memory", false],
  ["disk I/O error", true],
  ["database disk image is malformed", true],
];

/**
 * The error for the client if the storage is what failed, else null. It goes by the sentence, because Deno gives a code
 * with some errors only.
 *
 * @param committing whether it was the COMMIT that failed
 */
export function storageError(error: unknown, committing: boolean): StoreUnavailable | null {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") return null;
  const trouble = STORAGE_ERRORS.find(([start]) => error.message.startsWith(start));
  if (trouble === undefined) return null;
  return new StoreUnavailable(error.message, committing && trouble[1], { cause: error });
}
