/**
 * Runs okq and other Deno programs as processes.
 *
 * @module
 */
import { Guard } from "./process_guard.ts";
import { ROOT } from "./sources.ts";
import type { Addr } from "./wire.ts";

/** The result of a program. */
export interface Ended {
  code: number;
  /** The signal that killed it, if any. */
  signal: Deno.Signal | null;
  /** All of its standard output. */
  stdout: string;
  /** All of its standard error. */
  stderr: string;
}

/** Options of a program. */
export interface ProgramOptions {
  /** Permissions, `--allow-net` by default. */
  permissions?: string[];
  /** Environment variables added to those of the tests. */
  env?: Record<string, string>;
  /** The working directory, by default the project's folder. */
  cwd?: string | URL;
  /** The module to run, by default `server.ts`. */
  main?: string;
  /** A command that runs the rest of its command line: `["ip", "netns", "exec", "name"]`. */
  within?: string[];
}

/** A running Deno program. */
export class Program implements AsyncDisposable {
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  readonly #lines: string[] = [];
  #lineRead: () => void = () => {};

  constructor(args: string[], options: ProgramOptions = {}) {
    const { permissions = ["--allow-net"], main = "server.ts", within = [] } = options;
    const [command, ...rest] = [...within, Deno.execPath(), "run", "--no-prompt", "--no-check", ...permissions, main];
    this.#child = new Deno.Command(command, {
      args: [...rest, ...args],
      cwd: options.cwd ?? ROOT,
      env: { NO_COLOR: "1", ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#guard = new Guard(this.#child.pid);
    this.#stdout = this.#read(this.#child.stdout, (line) => this.#lines.push(line));
    this.#stderr = this.#read(this.#child.stderr, () => {});
    this.ended = this.#end();
  }

  /**
   * Waits for a line of standard output that matches. Resolves to the match.
   * @throws {Error} with its output if it ends before
   */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    let hasEnded = false;
    const ended = this.ended.then(() => hasEnded = true);
    while (true) {
      for (const line of this.#lines) {
        const match = line.match(pattern);
        if (match) return match;
      }
      if (hasEnded) {
        throw new Error(
          `The program ended without a line that matches ${pattern}: ${JSON.stringify(await this.ended)}`,
        );
      }
      await Promise.race([ended, new Promise<void>((resolve) => this.#lineRead = resolve)]);
    }
  }

  /** Waits until the server listens. Resolves to its address. */
  async addr(): Promise<Addr> {
    const [, hostname, port] = await this.line(/^listening on (.+):(\d+)$/);
    return { hostname, port: Number(port) };
  }

  /** Sends it a signal, unless it has ended. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Kills it if it is running. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }

  async #end(): Promise<Ended> {
    const [{ code, signal }, stdout, stderr] = await Promise.all([this.#child.status, this.#stdout, this.#stderr]);
    await this.#guard.release();
    return { code, signal, stdout, stderr };
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: (line: string) => void): Promise<string> {
    let text = "";
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      lines.forEach(onLine);
      this.#lineRead();
    }
    return text;
  }
}

/** Runs a program. Resolves when it has ended. */
export async function runProgram(args: string[], options?: ProgramOptions): Promise<Ended> {
  await using program = new Program(args, options);
  return await program.ended;
}

/** Starts a server on a free port. Its time limits are longer than by default, for busy machines. */
export function startServer(store: string, args: string[] = [], options?: ProgramOptions): Program {
  const limits = ["--store-timeout", "60", "--shutdown-timeout", "60"];
  return new Program(["--listen-addr", "127.0.0.1:0", "--store", store, ...limits, ...args], options);
}
