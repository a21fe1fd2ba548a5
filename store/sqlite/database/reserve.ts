/**
 * The file beside that of the store. It holds disk space that is given up when the disk is full: SQLite writes before it
 * frees anything, so without it events could be neither taken nor acknowledged, and the disk would stay full. Its lock
 * shows that an okq runs on this path even if the file of the store was removed or replaced, with its lock.
 *
 * @module
 */

/** What the write-ahead log takes between two checkpoints. */
export const RESERVE_BYTES: number = 8 * 1024 * 1024;

const BLOCK_BYTES = 64 * 1024;

/** The reserve of the store in a file. */
export function reservePath(path: string): string {
  return `${path}-reserve`;
}

/**
 * Undefined if it cannot be written. Checks the permission, because Deno would ask the user at a terminal.
 *
 * @param path of the store's file
 * @throws {Error} another okq has it
 */
export function openReserve(path: string): Reserve | undefined {
  if (Deno.permissions.querySync({ name: "write", path: reservePath(path) }).state !== "granted") return undefined;
  try {
    return new Reserve(path);
  } catch (error) {
    if (error instanceof Deno.errors.Busy) throw new Error(`Opening "${path}" failed: it is in use by another okq`);
    return undefined; // opening the store's file says what is wrong
  }
}

export class Reserve {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /**
   * @param path of the store's file
   * @throws {Deno.errors.Busy} if another okq has it
   */
  constructor(path: string) {
    this.#path = reservePath(path);
    this.#file = Deno.openSync(this.#path, { write: true, create: true });
    if (this.#file.tryLockSync(true)) return;
    this.#file.close();
    throw new Deno.errors.Busy(`"${this.#path}" is locked`);
  }

  /** Takes the space, if that and `more` bytes are free. Returns whether it did. */
  take(more = 0): boolean {
    try {
      const block = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES)); // no file system stores that in less space
      this.#file.seekSync(0, Deno.SeekMode.Start);
      for (let left = RESERVE_BYTES + more; left > 0;) left -= this.#file.writeSync(block.subarray(0, left));
      this.#file.truncateSync(RESERVE_BYTES);
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  release(): void {
    this.#file.truncateSync(0);
  }

  /** @param keep leaves the file, because it may be another one by now */
  close(keep = false): void {
    if (!keep) Deno.removeSync(this.#path);
    this.#file.close();
  }
}
