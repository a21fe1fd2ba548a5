/**
 * No process of a test outlives the tests, not even if those are killed.
 *
 * @module
 */

/** Waits for the end of its input, which is the end of the process at the other end of the pipe. */
const SCRIPT = 'read -r line; kill -9 "$0"';

/** Kills a process when this one is gone, however it went. */
export class Guard {
  readonly #shell: Deno.ChildProcess | undefined;

  /** @param pid the process to kill */
  constructor(pid: number) {
    if (Deno.build.os === "windows") return;
    this.#shell = new Deno.Command("sh", {
      args: ["-c", SCRIPT, `${pid}`],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#shell.unref();
  }

  /** To be called before the process ends or right after: later its number may be that of another one. */
  async release(): Promise<void> {
    const shell = this.#shell;
    if (!shell) return;
    shell.ref();
    shell.kill("SIGKILL");
    await shell.status;
    await shell.stdin.close().catch(() => {}); // nobody reads it any more
  }
}
