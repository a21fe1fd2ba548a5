/**
 * Notices that the file of the store is removed or replaced: SQLite goes on writing to what no longer has a name, and
 * all of it is gone when okq ends.
 *
 * @module
 */
import type { StoreOptions } from "../../store.ts";

const CHECK_INTERVAL_MS = 250;

export class FileGuard {
  readonly #path: string;
  readonly #report: StoreOptions["report"];
  readonly #identity: string | undefined;
  #lost = false;
  #checkedAt = performance.now();

  /** @param path of an open file */
  constructor(path: string, report: StoreOptions["report"]) {
    this.#path = path;
    this.#report = report;
    this.#identity = identityOf(path);
  }

  /** Why nothing may be done; undefined while the file has its name. Looks at the file from time to time. */
  get problem(): string | undefined {
    const now = performance.now();
    if (now - this.#checkedAt >= CHECK_INTERVAL_MS) {
      this.#checkedAt = now;
      this.#check();
    }
    return this.#lost ? `the file "${this.#path}" was removed or replaced` : undefined;
  }

  #check(): void {
    const lost = identityOf(this.#path) !== this.#identity;
    if (lost && !this.#lost) {
      this.#report(
        "warn",
        `The file "${this.#path}" was removed or replaced, and everything is refused until it is back. Its events are ` +
          `gone when okq ends: move it back or, on Linux, copy it from /proc/<process id>/fd first`,
      );
    }
    if (!lost && this.#lost) this.#report("info", `The file "${this.#path}" is back, and okq works again`);
    this.#lost = lost;
  }
}

/** Device and inode; undefined if there is no file. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
