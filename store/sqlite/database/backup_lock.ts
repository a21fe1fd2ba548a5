/**
 * The file that `store backup` locks beside that of the store while it copies it. Until it is unlocked the store moves
 * nothing from its write-ahead log to its file, so that a copy of the file and then of the log is the store as it was at
 * one moment.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { AUTOCHECKPOINT_PAGES } from "./database.ts";

/** Of the store in a file. */
export function backupLockPath(path: string): string {
  return `${path}-backup`;
}

/** Keeps a store from changing its file while it is backed up. */
export class CheckpointHold {
  readonly #db: DatabaseSync;
  readonly #lockPath: string;
  #holds = false;

  /** @param path of the store's file */
  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#lockPath = backupLockPath(path);
  }

  /**
   * Looks whether a backup has begun or ended. Must be called between transactions.
   * @param diskFull checkpoints are needed, and the backup begins anew
   */
  update(diskFull: boolean): void {
    const holds = !diskFull && this.#isLocked();
    if (holds === this.#holds) return;
    this.#holds = holds;
    this.#db.exec(`PRAGMA wal_autocheckpoint = ${holds ? 0 : AUTOCHECKPOINT_PAGES}`);
  }

  /** Never asks the user for a permission. A lock file that nobody locks is left over. */
  #isLocked(): boolean {
    if (Deno.permissions.querySync({ name: "read", path: this.#lockPath }).state !== "granted") return false;
    try {
      using file = Deno.openSync(this.#lockPath);
      return !file.tryLockSync(false);
    } catch {
      return false;
    }
  }
}
