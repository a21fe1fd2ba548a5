/** Which errors are trouble with the storage. */
import { unavailable } from "../../../../store/sqlite/database/errors.ts";
import { assert } from "../../../deps.ts";

function sqliteError(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR" });
}

Deno.test("unavailable says that the outcome is unknown of an I/O error in COMMIT only", () => {
  assert.equal(unavailable(sqliteError("disk I/O error"), true)?.outcomeUnknown, true);
  assert.equal(unavailable(sqliteError("disk I/O error"), false)?.outcomeUnknown, false);
  assert.equal(unavailable(sqliteError("database or disk is full"), true)?.outcomeUnknown, false);
  assert.equal(unavailable(sqliteError("attempt to write a readonly database"), true)?.outcomeUnknown, false);
});

Deno.test("unavailable passes mistakes by", () => {
  assert.equal(unavailable(sqliteError("UNIQUE constraint failed: events.queue, events.id"), true), null);
  assert.equal(unavailable(new Error("disk I/O error"), true), null);
  assert.equal(unavailable("disk I/O error", true), null);
});
