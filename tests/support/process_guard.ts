/**
 * Ends the processes of tests when the test process ends, even by SIGKILL.
 *
 * @module
 */

/** Waits for the end of standard input, which is the end of the process that holds the pipe, and kills a process. */
const SCRIPT = 'read -r line; kill -9 "$0"';

/** Kills a process when this one ends. */
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

  /** Must be called before the process ends or right after: later its id may belong to another one. */
  async release(): Promise<void> {
    const shell = this.#shell;
    if (!shell) return;
    shell.ref();
    shell.kill("SIGKILL");
    await shell.status;
    await shell.stdin.close().catch(() => {}); // its reader has ended
  }
}
