/**
 * An okq process that a test kills and starts again, always on the same port.
 *
 * @module
 */
import { Guard } from "../tests/support/process_guard.ts";
import { freePort } from "../tests/support/redis_server.ts";
import { ROOT } from "../tests/support/sources.ts";
import type { Addr } from "../tests/support/wire.ts";
import { openFiles, residentMiB } from "./proc.ts";

/** As `deno task start` has it. */
const V8_FLAGS = "--v8-flags=--no-incremental-marking-task";
const MAX_LOG_LINES = 40;
/** Without a reachable store a start fails after the store timeout; during a fault it is tried again. */
const MAX_STARTS = 10;
/** A process that has not stopped by then is killed. */
const STOP_TIMEOUT_MS = 60_000;

export interface OkqOptions {
  /** Value of `--store`. */
  store: string;
  /** Further arguments of `server.ts`. */
  args?: string[];
  /** Of Deno; `--allow-net` by default. */
  permissions?: string[];
  /** A program, with its arguments, that runs the server's command line. It must `exec`, or kills miss the server. */
  wrapper?: string[];
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  /** The checkout to run; this one by default. */
  root?: URL;
}

export interface Usage {
  pid: number;
  /** In MiB. */
  memory: number;
  files: number;
}

export class OkqProcess implements AsyncDisposable {
  readonly addr: Addr = { hostname: "127.0.0.1", port: freePort() };
  /** Exits that were not requested by `kill` or `stop`. */
  crashes = 0;
  readonly log: string[] = [];
  /** The first log lines of level error. */
  readonly errors: string[] = [];
  readonly #options: OkqOptions;
  #child: Deno.ChildProcess | undefined;
  #stopping = false;
  #exited: Promise<void> = Promise.resolve();
  #exitCode = 0;
  #running = false;

  constructor(options: OkqOptions) {
    this.#options = options;
  }

  get started(): boolean {
    return this.#child !== undefined && !this.#stopping;
  }

  get crashed(): boolean {
    return this.started && !this.#running;
  }

  /** Only while it is started. */
  get pid(): number {
    return this.#child!.pid;
  }

  /** Resolves when it listens. @throws {Error} with its log after ten failures */
  async start(): Promise<void> {
    for (let i = 0; i < MAX_STARTS; i++) if (await this.#start()) return;
    throw new Error(`Starting okq failed ${MAX_STARTS} times: ${this.log.join("\n")}`);
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Sends SIGTERM, and if that takes too long SIGKILL. Resolves to the exit code. */
  async stop(): Promise<number> {
    const timer = setTimeout(() => this.#signal("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#end("SIGTERM");
    clearTimeout(timer);
    return this.#exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Undefined if it does not run, or without /proc. */
  async usage(): Promise<Usage | undefined> {
    try {
      const { pid } = this;
      return { pid, memory: Math.round(await residentMiB(pid)), files: openFiles(pid) };
    } catch {
      return undefined;
    }
  }

  async #start(): Promise<boolean> {
    const { store, args = [], permissions = ["--allow-net"], wrapper = [], env, root = ROOT } = this.#options;
    const [program, ...rest] = [
      ...[...wrapper, Deno.execPath(), "run", "--no-prompt", "--no-check", V8_FLAGS, ...permissions, "server.ts"],
      ...["--listen-addr", `${this.addr.hostname}:${this.addr.port}`, "--store", store, ...args],
    ];
    const child = new Deno.Command(program, {
      args: rest,
      cwd: root,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const guard = new Guard(child.pid);
    this.#child = child;
    this.#stopping = false;
    this.#running = true;
    const { promise: listening, resolve } = Promise.withResolvers<boolean>();
    const reading = [
      this.#read(child.stdout, (line) => line.startsWith("listening on ") && resolve(true)),
      this.#read(child.stderr, () => {}),
    ];
    let serving = false;
    this.#exited = Promise.all([child.status, ...reading]).then(async ([{ code, signal }]) => {
      await guard.release();
      resolve(false);
      this.#exitCode = code;
      this.#running = false;
      if (serving && !this.#stopping) {
        this.crashes++;
        this.#keep(`okq exited by itself: code=${code} signal=${signal}`);
      }
    });
    return serving = await listening;
  }

  async #end(signal: Deno.Signal): Promise<void> {
    if (!this.#child) return;
    this.#stopping = true;
    this.#signal(signal);
    await this.#exited;
    this.#child = undefined;
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // It has exited.
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: (line: string) => void): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        this.#keep(line);
        onLine(line);
      }
    }
  }

  #keep(line: string): void {
    this.log.push(line);
    if (/^\S+Z error /.test(line) && this.errors.length < MAX_LOG_LINES) this.errors.push(line);
    if (this.log.length > MAX_LOG_LINES) this.log.shift();
  }
}

export async function startOkq(options: OkqOptions): Promise<OkqProcess> {
  const okq = new OkqProcess(options);
  try {
    await okq.start();
  } catch (error) {
    await okq.kill();
    throw error;
  }
  return okq;
}
