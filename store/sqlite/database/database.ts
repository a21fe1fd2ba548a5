/**
 * Opening the file: whose it is, which layout it has, and that nobody else has it open.
 *
 * @module
 */
import { DatabaseSync } from "../../../deps.ts";
import from1 from "./from_1.sql" with { type: "text" };
import from2 from "./from_2.sql" with { type: "text" };
import from3 from "./from_3.sql" with { type: "text" };
import schema from "./schema.sql" with { type: "text" };

/** The path of a database that lives in memory and ends with its connection. */
export const MEMORY = ":memory:";

/** `PRAGMA application_id` of our files, as `schema.sql` sets it. */
export const APPLICATION_ID = 0x6f6b7165;

/** `PRAGMA user_version` of the layout in `schema.sql`. Files of earlier versions are brought up to it when they are opened. */
export const LAYOUT_VERSION = 4;

/**
 * Opens the database, creating it if there is none.
 *
 * @param readOnly opens only one that is there, to read
 * @throws {Error} in one line: the file is in use, is not an okq store, has another layout, or cannot be opened
 */
export function openDatabase(path: string, readOnly = false): DatabaseSync {
  try {
    if (readOnly) return openToRead(path);
    if (exists(path)) inspect(path);
    return claim(path);
  } catch (error) {
    if (error instanceof Refusal || !(error instanceof Error)) throw error;
    if (error.message === "database is locked") {
      throw new Error(`Opening "${path}" failed: it is in use by another okq`, { cause: error });
    }
    if (error.message === "file is not a database") throw new Refusal(`Opening "${path}" failed: ${error.message}`);
    throw new Error(`Opening "${path}" failed: ${error.message}`, { cause: error });
  }
}

class Refusal extends Error {}

function exists(path: string): boolean {
  if (path === MEMORY) return false;
  try {
    return Deno.statSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function openToRead(path: string): DatabaseSync {
  if (!exists(path)) throw new Refusal(`Opening "${path}" failed: there is no store in it`);
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    refuse(path, db);
    if (isNew(db)) throw new Refusal(`Opening "${path}" failed: there is no store in it`);
    const version = number(db, "PRAGMA user_version");
    if (version < LAYOUT_VERSION) {
      throw new Refusal(
        `Opening "${path}" failed: its layout is version ${version}; serve it once, which brings it to ${LAYOUT_VERSION}`,
      );
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Looks through a read-only connection: closing any other would bring a foreign database up to date with the log that
 * its owner left beside it.
 */
function inspect(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    refuse(path, db);
  } catch (error) {
    // A look at a log needs room for shared memory, which a full disk does not have; claim() needs none.
    if (!(error instanceof Error && error.message === "disk I/O error")) throw error;
  } finally {
    db.close();
  }
}

function refuse(path: string, db: DatabaseSync): void {
  // Deno has a default of five seconds, during which nothing else would run.
  db.exec("PRAGMA busy_timeout = 0");
  if (isNew(db)) return;
  if (number(db, "PRAGMA application_id") !== APPLICATION_ID) {
    throw new Refusal(`Opening "${path}" failed: it is a database of something other than okq`);
  }
  const version = number(db, "PRAGMA user_version");
  if (version < 1 || version > LAYOUT_VERSION) {
    throw new Refusal(
      `Opening "${path}" failed: its layout is version ${version}, and this okq knows versions up to ${LAYOUT_VERSION}`,
    );
  }
}

function claim(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // Exclusive before anything is read: the lock is then held from the first access until the connection closes, and
    // the index of the write-ahead log needs no shared memory.
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    refuse(path, db);
    // auto_vacuum only counts before there is anything in the file.
    db.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = 2000;
      PRAGMA journal_size_limit = 67108864;
    `);
    db.exec("BEGIN EXCLUSIVE");
    if (isNew(db)) db.exec(schema);
    if (number(db, "PRAGMA user_version") === 1) db.exec(from1);
    if (number(db, "PRAGMA user_version") === 2) db.exec(from2);
    if (number(db, "PRAGMA user_version") === 3) db.exec(from3);
    db.exec("COMMIT");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isNew(db: DatabaseSync): boolean {
  return number(db, "SELECT count(*) FROM sqlite_schema") === 0 && number(db, "PRAGMA application_id") === 0 &&
    number(db, "PRAGMA user_version") === 0;
}

function number(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}
