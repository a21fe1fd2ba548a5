import { storageError } from "../../../../store/sqlite/database/errors.ts";
import { assert } from "../../../deps.ts";

function sqliteError(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR" });
}

Deno.test("storageError says that the outcome is unknown only for an I/O error in COMMIT", () => {
  assert.equal(storageError(sqliteError("disk I/O error"), true)?.outcomeUnknown, true);
  assert.equal(storageError(sqliteError("disk I/O error"), false)?.outcomeUnknown, false);
  assert.equal(storageError(sqliteError("database or disk is full"), true)?.outcomeUnknown, false);
  assert.equal(storageError(sqliteError("attempt to write a readonly database"), true)?.outcomeUnknown, false);
});

Deno.test("storageError returns null for other errors", () => {
  assert.equal(storageError(sqliteError("UNIQUE constraint failed: events.queue, events.id"), true), null);
  assert.equal(storageError(new Error("disk I/O error"), true), null);
  assert.equal(storageError("disk I/O error", true), null);
});
