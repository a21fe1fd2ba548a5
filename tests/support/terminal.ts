/**
 * Runs a program at a terminal, into which a test types.
 *
 * @module
 */
import { WAIT_MS } from "./limits.ts";
import { Guard } from "./process_guard.ts";
import { ROOT } from "./sources.ts";

/** Escape sequences, which move the cursor and change colors, and carriage returns. */
// deno-lint-ignore no-control-regex
const SEQUENCES = /\x1b\[[0-9;?]*[A-Za-z]|\r/g;

/** An incomplete sequence at the end of the output. */
// deno-lint-ignore no-control-regex
const INCOMPLETE = /\x1b(\[[0-9;?]*)?$/;

/** A program whose input and output are a terminal, made by `script` of util-linux. */
export class Terminal implements AsyncDisposable {
  /** Resolves to the exit code of the program. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #screen = "";
  #ended = false;
  #changed: () => void = () => {};

  /**
   * Starts it.
   * @param command a shell command; the terminal has 120 columns
   */
  constructor(command: string, env: Record<string, string> = {}) {
    const child = new Deno.Command("script", {
      args: ["-q", "-f", "-e", "-c", `stty cols 120 rows 40; exec ${command}`, "/dev/null"],
      cwd: ROOT,
      env: { TERM: "xterm", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#child = child;
    this.#guard = new Guard(child.pid);
    this.ended = child.status.then(({ code }) => code);
    this.#stdin = child.stdin.getWriter();
    this.#reading = this.#read(child.stdout);
  }

  /** Types text; `\r` is the enter key, `\t` the tabulator, `\x03` Ctrl-C. */
  async type(text: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(text));
  }

  /**
   * Waits until the terminal shows a text. Resolves to the output since the last call, up to the end of that text.
   * @throws {Error} with the output if the program ends or the wait takes too long
   */
  async shows(text: string): Promise<string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#changed();
    }, WAIT_MS);
    while (!this.#screen.includes(text) && !this.#ended && !late) {
      await new Promise<void>((resolve) => this.#changed = resolve);
    }
    clearTimeout(timer);
    if (!this.#screen.includes(text)) {
      throw new Error(`The terminal does not show ${JSON.stringify(text)} but ${JSON.stringify(this.#screen)}`);
    }
    const end = this.#screen.indexOf(text) + text.length;
    const shown = this.#screen.slice(0, end);
    this.#screen = this.#screen.slice(end);
    return shown;
  }

  /** Kills it if it is running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close().catch(() => {});
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.#reading;
    await this.#child.status;
    await this.#guard.release();
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let text = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const whole = text.length - (text.match(INCOMPLETE)?.[0].length ?? 0);
      this.#screen += text.slice(0, whole).replaceAll(SEQUENCES, "");
      text = text.slice(whole);
      this.#changed();
    }
    this.#ended = true;
    this.#changed();
  }
}
