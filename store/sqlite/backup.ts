/**
 * Copies the file of a store, which an okq may be using.
 *
 * @module
 */
import { DatabaseSync } from "../../deps.ts";
import { delay } from "../../core/util/async.ts";
import { sameBytes } from "../bytes.ts";
import { backupLockPath } from "./database/backup_lock.ts";
import { openDatabase } from "./database/database.ts";

/** A later change of a file then has another time, whatever the resolution of its times. */
const UNCHANGED_MS = 1200;
const POLL_MS = 100;
/** How long okq may go on changing its file: it looks for the lock three times a second. */
const PATIENCE_MS = 30_000;

/** The header of a write-ahead log changes whenever it begins anew. */
const LOG_HEADER_BYTES = 32;

/**
 * The copy is the store at one moment after the call, checked, in one file, and on disk. It appears under its name when
 * it is complete.
 *
 * @param path of the store's file
 * @returns the size of the copy in bytes
 * @throws {Error} one line: a file cannot be read or written, or is no store, or the okq that uses it does not wait
 */
export async function backupSqliteStore(path: string, target: string): Promise<number> {
  if (await exists(target)) throw new Error(`Cannot back up to "${target}": the file exists`);
  if (!await exists(path)) throw new Error(`Cannot back up "${path}": there is no such file`);
  const part = `${target}.part`;
  const lock = await Deno.open(backupLockPath(path), { read: true, write: true, create: true });
  try {
    if (!await lock.tryLock(true)) throw new Error(`Cannot back up "${path}": another backup of it is running`);
    try {
      await copyUnchanged(path, part);
      const bytes = await complete(part);
      await Deno.rename(part, target);
      return bytes;
    } finally {
      await Deno.remove(backupLockPath(path));
      for (const name of [part, `${part}-wal`, `${part}-shm`]) await Deno.remove(name).catch(ignoreMissing);
    }
  } finally {
    lock.close();
  }
}

/**
 * Copies the file, then its log, again if the file changed or the log began anew meanwhile. Then the file has nothing
 * that is not in the copy of the log, which ends with a whole transaction or is cut off there when it is read.
 */
async function copyUnchanged(path: string, part: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (true) {
    const before = await stateOf(path);
    if (Date.now() - before.mtime >= UNCHANGED_MS) {
      await Deno.copyFile(path, part);
      await Deno.remove(`${part}-wal`).catch(ignoreMissing);
      await Deno.copyFile(`${path}-wal`, `${part}-wal`).catch(ignoreMissing);
      const after = await stateOf(path);
      if (before.identity === after.identity && sameBytes(before.logHeader, after.logHeader)) return;
    }
    if (performance.now() > until) {
      throw new Error(
        `Cannot back up "${path}": the okq that uses it goes on changing the file; it must be able to read ` +
          `"${backupLockPath(path)}" (--allow-read), and the disk must have room`,
      );
    }
    await delay(POLL_MS);
  }
}

interface FileState {
  /** In milliseconds since 1970. */
  mtime: number;
  identity: string;
  logHeader: Uint8Array;
}

async function stateOf(path: string): Promise<FileState> {
  const { mtime, size, dev, ino } = await Deno.stat(path);
  const time = mtime?.getTime() ?? 0;
  return { mtime: time, identity: `${time} ${size} ${dev} ${ino}`, logHeader: await headerOf(`${path}-wal`) };
}

async function headerOf(path: string): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    const header = new Uint8Array(LOG_HEADER_BYTES);
    const length = await file.read(header) ?? 0;
    return header.subarray(0, length);
  } catch (error) {
    ignoreMissing(error);
    return new Uint8Array();
  }
}

/** Applies the log to the copy, checks it, and puts it on disk. Returns its size. */
async function complete(part: string): Promise<number> {
  openDatabase(part, true).close();
  const db = new DatabaseSync(part);
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    const [[result]] = db.prepare("PRAGMA quick_check(1)").all().map(Object.values);
    if (result !== "ok") throw new Error(`Cannot use the copy: ${result}; check the disk, and back up again`);
  } finally {
    db.close();
  }
  using file = await Deno.open(part, { read: true, write: true });
  await file.sync();
  return (await file.stat()).size;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, (error) => (ignoreMissing(error), false));
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
