/**
 * okq as a process of its own, as people run it.
 *
 * @module
 */
import { Guard } from "./process_guard.ts";
import { ROOT } from "./sources.ts";
import type { Addr } from "./wire.ts";

/** How a program ended. */
export interface Ended {
  /** Its exit code. */
  code: number;
  /** What killed it, if something did. */
  signal: Deno.Signal | null;
  /** All that it wrote to standard output. */
  stdout: string;
  /** All that it wrote to standard error. */
  stderr: string;
}

/** How to run a program. */
export interface ProgramOptions {
  /** Permissions; by default what the documentation says: `--allow-net`. */
  permissions?: string[];
  /** Environment variables beyond those of the tests. */
  env?: Record<string, string>;
  /** Where it runs, by default the project's folder. */
  cwd?: string | URL;
  /** What to run, by default `server.ts`. */
  main?: string;
}

/** A Deno program that runs. */
export class Program implements AsyncDisposable {
  /** How it ends. */
  readonly ended: Promise<Ended>;
  readonly #child: Deno.ChildProcess;
  readonly #guard: Guard;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  readonly #lines: string[] = [];
  #heard: () => void = () => {};

  /** Starts it. */
  constructor(args: string[], options: ProgramOptions = {}) {
    const { permissions = ["--allow-net"], main = "server.ts" } = options;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", ...permissions, main, ...args],
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
   * Resolves to the groups of the first line of standard output that matches.
   * @throws {Error} with its output if it ends without having written one
   */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    let over = false;
    const ended = this.ended.then(() => over = true);
    while (true) {
      for (const line of this.#lines) {
        const match = line.match(pattern);
        if (match) return match;
      }
      if (over) throw new Error(`It ended without writing ${pattern}: ${JSON.stringify(await this.ended)}`);
      await Promise.race([ended, new Promise<void>((resolve) => this.#heard = resolve)]);
    }
  }

  /** Where the server listens, once it does. */
  async addr(): Promise<Addr> {
    const [, hostname, port] = await this.line(/^listening on (.+):(\d+)$/);
    return { hostname, port: Number(port) };
  }

  /** Sends it a signal; one that has ended gets none. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }

  async #end(): Promise<Ended> {
    const [{ code, signal }, stdout, stderr] = await Promise.all([this.#child.status, this.#stdout, this.#stderr]);
    await this.#guard.release();
    return { code, signal, stdout, stderr };
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, take: (line: string) => void): Promise<string> {
    let text = "";
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      lines.forEach(take);
      this.#heard();
    }
    return text;
  }
}

/** Runs a program to its end. */
export async function runProgram(args: string[], options?: ProgramOptions): Promise<Ended> {
  await using program = new Program(args, options);
  return await program.ended;
}

/** Starts a server on a free port. */
export function startServer(store: string, args: string[] = [], options?: ProgramOptions): Program {
  return new Program(["--listen-addr", "127.0.0.1:0", "--store", store, ...args], options);
}
