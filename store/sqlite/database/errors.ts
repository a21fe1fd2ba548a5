/**
 * Tells failures of the storage from errors in okq.
 *
 * @module
 */
import { StoreUnavailable } from "../../store.ts";

const DISK_FULL = "database or disk is full";

/** Messages of SQLite, and whether a COMMIT that failed with one may be durable. */
const STORAGE_ERRORS: [start: string, mayBeDurable: boolean][] = [
  [DISK_FULL, false],
  ["attempt to write a readonly database", false],
  ["unable to open database file", false],
  ["database is locked", false],
  ["out of memory", false],
  ["disk I/O error", true],
  ["database disk image is malformed", true],
];

/** The error for the client; null if the storage did not fail. Compares messages: Deno gives few an error code. */
export function storageError(error: unknown, committing: boolean): StoreUnavailable | null {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") return null;
  const known = STORAGE_ERRORS.find(([start]) => error.message.startsWith(start));
  if (known === undefined) return null;
  const [, mayBeDurable] = known;
  return new StoreUnavailable(error.message, committing && mayBeDurable, { cause: error });
}

export function diskFull(options?: ErrorOptions): StoreUnavailable {
  return new StoreUnavailable(DISK_FULL, false, options);
}

export function isDiskFull(error: unknown): error is StoreUnavailable {
  return error instanceof StoreUnavailable && error.reason.startsWith(DISK_FULL);
}
