/**
 * Disk space that is given up when the disk is full: SQLite writes before it frees anything, so without it events could
 * be neither taken nor acknowledged, and the disk would stay full.
 *
 * @module
 */

/** What the write-ahead log takes between two checkpoints. */
export const RESERVE_BYTES: number = 8 * 1024 * 1024;

const BLOCK_BYTES = 64 * 1024;

export class Reserve {
  readonly #path: string;

  /** @param path of the store's file */
  constructor(path: string) {
    this.#path = reservePath(path);
  }

  /**
   * Takes the space, if that and `more` bytes are free. Returns whether it did.
   */
  take(more = 0): boolean {
    try {
      using file = Deno.openSync(this.#path, { write: true, create: true, truncate: true });
      const block = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES)); // no file system stores that in less space
      for (let left = RESERVE_BYTES + more; left > 0;) left -= file.writeSync(block.subarray(0, left));
      file.truncateSync(RESERVE_BYTES);
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  release(): void {
    try {
      Deno.removeSync(this.#path);
    } catch {
      // It had been released.
    }
  }
}

/** The file that holds the reserve of a store. */
export function reservePath(path: string): string {
  return `${path}-reserve`;
}
