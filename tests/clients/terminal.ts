/**
 * A program at a terminal, typed at by a test.
 *
 * @module
 */
import { Guard } from "../support/process_guard.ts";

/** Sequences by which a program moves the cursor and changes colors, and what ends a line. */
// deno-lint-ignore no-control-regex
const SEQUENCES = /\x1b\[[0-9;?]*[A-Za-z]|\r/g;

/** How long a program may take to show what a test waits for, in milliseconds. */
const PATIENCE_MS = 20_000;

/** The beginning of a sequence, when what follows has not arrived yet. */
// deno-lint-ignore no-control-regex
const CUT = /\x1b(\[[0-9;?]*)?$/;

/** A program whose input and output are a terminal, by way of `script` from util-linux. */
export class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #screen = "";
  #over = false;
  #heard: () => void = () => {};

  /**
   * Starts it.
   * @param command what a shell is told, at a terminal of 120 columns
   */
  constructor(command: string, env: Record<string, string> = {}) {
    const child = new Deno.Command("script", {
      args: ["-q", "-f", "-e", "-c", `stty cols 120 rows 40; exec ${command}`, "/dev/null"],
      env: { TERM: "xterm", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#child = child;
    this.#guard = new Guard(child.pid);
    this.#stdin = child.stdin.getWriter();
    this.#reading = this.#read(child.stdout);
  }

  /** Types text; `\r` is the enter key, `\t` the tabulator. */
  async type(text: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(text));
  }

  /**
   * Waits until the terminal shows a text. Resolves to all that it has shown since the last call, up to and with
   * that text.
   * @throws {Error} with what it shows instead if the program ends or takes too long
   */
  async shows(text: string): Promise<string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#heard();
    }, PATIENCE_MS);
    while (!this.#screen.includes(text) && !this.#over && !late) {
      await new Promise<void>((resolve) => this.#heard = resolve);
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

  /** Kills it if it still runs. */
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
      const whole = text.length - (text.match(CUT)?.[0].length ?? 0);
      this.#screen += text.slice(0, whole).replaceAll(SEQUENCES, "");
      text = text.slice(whole);
      this.#heard();
    }
    this.#over = true;
    this.#heard();
  }
}
