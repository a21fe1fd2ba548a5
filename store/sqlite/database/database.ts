/**
 * Opens the file of the embedded store. Refuses foreign files, other layouts, and files in use.
 *
 * @module
 */
import { DatabaseSync } from "../../../deps.ts";
import { APPLICATION_ID, LAYOUT_VERSION, LOADING_ID } from "./layout.ts";
import schema from "./schema.sql" with { type: "text" };

export const MEMORY = ":memory:";

/** Pages in the write-ahead log from which on a commit moves them to the file. */
export const AUTOCHECKPOINT_PAGES = 2000;

/**
 * @param readOnly opens only an existing database, and does not write to it
 * @param loads opens also one that a migration or load has begun to fill
 * @throws {Error} one line: the file is in use, is not an okq store, has another layout, or cannot be opened
 */
export function openDatabase(path: string, readOnly = false, loads = false): DatabaseSync {
  try {
    if (readOnly) return openReadOnly(path);
    if (hasContent(path)) checkFile(path, loads);
    return openExclusive(path, loads);
  } catch (error) {
    if (error instanceof FileRefused || !(error instanceof Error)) throw error;
    throw new Error(`Opening "${path}" failed: ${reasonOf(path, error, readOnly)}`, { cause: error });
  }
}

/** SQLite says little more than "disk I/O error" of a file that cannot be opened. */
function reasonOf(path: string, error: Error, readOnly: boolean): string {
  if (error.message === "database is locked") return "it is in use by another okq";
  if (path === MEMORY) return error.message;
  try {
    if (Deno.statSync(path).isDirectory) return "it is a folder; name a file in it";
    Deno.openSync(path, { read: true, write: !readOnly }).close();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "its folder does not exist, or no file can be created in it";
    if (cause instanceof Error) return `it cannot be ${readOnly ? "read" : "written"}: ${cause.message}`;
  }
  return error.message;
}

class FileRefused extends Error {
  constructor(path: string, reason: string) {
    super(`Opening "${path}" failed: ${reason}`);
  }
}

function hasContent(path: string): boolean {
  if (path === MEMORY) return false;
  try {
    return Deno.statSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function openReadOnly(path: string): DatabaseSync {
  if (!hasContent(path)) throw new FileRefused(path, "there is no store in it");
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    checkOwner(path, db);
    if (isNew(db)) throw new FileRefused(path, "there is no store in it");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Uses a read-only connection: closing any other would checkpoint the write-ahead log that another program left. */
function checkFile(path: string, loads: boolean): void {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    checkOwner(path, db, loads);
  } catch (error) {
    // Reading a write-ahead log needs disk space for shared memory; openExclusive does not, so it works on a full disk.
    if (!(error instanceof Error && error.message === "disk I/O error")) throw error;
  } finally {
    db.close();
  }
}

function checkOwner(path: string, db: DatabaseSync, loads = false): void {
  // Deno's default blocks the event loop for up to five seconds.
  db.exec("PRAGMA busy_timeout = 0");
  if (isNew(db)) return;
  const owner = readNumber(db, "PRAGMA application_id");
  if (owner === LOADING_ID && !loads) {
    throw new FileRefused(path, "a migration or load into it is not complete; repeat that, or delete the file");
  }
  if (owner !== APPLICATION_ID && owner !== LOADING_ID) {
    throw new FileRefused(path, "it is a database of something other than okq");
  }
  const version = readNumber(db, "PRAGMA user_version");
  if (version !== LAYOUT_VERSION) {
    throw new FileRefused(
      path,
      `its layout is version ${version} and this okq uses version ${LAYOUT_VERSION}; open it with the okq that wrote it`,
    );
  }
}

function openExclusive(path: string, loads: boolean): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // Before the first access: then the lock is held until the connection closes, and the index of the write-ahead log
    // needs no shared memory.
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    checkOwner(path, db, loads);
    // auto_vacuum has an effect only while the file is empty.
    db.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES};
      PRAGMA journal_size_limit = 67108864;
    `);
    db.exec("BEGIN EXCLUSIVE");
    if (isNew(db)) db.exec(schema);
    db.exec("COMMIT");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isNew(db: DatabaseSync): boolean {
  return readNumber(db, "SELECT count(*) FROM sqlite_schema") === 0 &&
    readNumber(db, "PRAGMA application_id") === 0 && readNumber(db, "PRAGMA user_version") === 0;
}

function readNumber(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}
