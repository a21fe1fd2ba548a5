/**
 * okq instances as processes, as people run them: killed and started on demand, and watched for ends that nobody asked
 * for.
 *
 * @module
 */
import { freePort } from "../tests/support/redis_server.ts";
import type { Addr } from "../tests/support/wire.ts";
import { onExit } from "../tests/support/on_exit.ts";

/** Lines of log that are kept of each instance. */
const LINES_KEPT = 40;
/** How often a start is tried: an okq that finds no store in time gives up, as it should. */
const STARTS = 10;

/** How to run an instance. */
export interface OkqOptions {
  /** What `--store` is given. */
  store: string;
  /** More arguments of `server.ts`. */
  args?: string[];
  /** Permissions of Deno, by default `--allow-net` alone. */
  permissions?: string[];
  /** A program that runs the rest of its command line, and its arguments: `["faketime", "-1h"]`. */
  wrapper?: string[];
  /** Environment variables beyond those of this process. */
  env?: Record<string, string>;
}

/** What an instance takes of the machine. */
export interface Usage {
  /** Which process it is. */
  pid: number;
  /** Resident memory, in MiB. */
  memory: number;
  /** Open files and sockets. */
  files: number;
}

/** One instance, on the same port for as long as it is wanted. */
export class Okq implements AsyncDisposable {
  /** Where it listens when it runs. */
  readonly addr: Addr;
  /** How often it ended without having been told to. */
  unordered = 0;
  /** The last lines of its log. */
  readonly log: string[] = [];
  /** The first lines of its log that tell of errors. */
  readonly errors: string[] = [];
  readonly #options: OkqOptions;
  #child: Deno.ChildProcess | undefined;
  #ordered = false;
  #over: Promise<void> = Promise.resolve();
  #code = 0;
  #dead = false;

  /** Use {@linkcode startOkq}. */
  constructor(options: OkqOptions) {
    this.#options = options;
    this.addr = { hostname: "127.0.0.1", port: freePort() };
  }

  /** Whether it runs, or should. */
  get wanted(): boolean {
    return this.#child !== undefined && !this.#ordered;
  }

  /** Whether it ended without having been told to, and has not been started again. */
  get ended(): boolean {
    return this.wanted && this.#dead;
  }

  /** Its process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and resolves once it listens. */
  async start(): Promise<void> {
    for (let i = 0; i < STARTS; i++) if (await this.#start()) return;
    throw new Error(`Starting okq failed ${STARTS} times: ${this.log.join("\n")}`);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end. Resolves to its exit code; one that had to be killed has none that is good. */
  async stop(): Promise<number> {
    const insist = setTimeout(() => this.#signal("SIGKILL"), 10_000);
    await this.#end("SIGTERM");
    clearTimeout(insist);
    return this.#code;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** What it takes of the machine now; undefined where /proc does not tell. */
  async usage(): Promise<Usage | undefined> {
    try {
      const pid = this.pid!;
      const proc = `/proc/${pid}`;
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await Deno.readTextFile(`${proc}/status`)) ?? [];
      const files = Array.from(Deno.readDirSync(`${proc}/fd`)).length;
      return { pid, memory: Math.round(Number(kib) / 1024), files };
    } catch {
      return undefined;
    }
  }

  async #start(): Promise<boolean> {
    const { store, args = [], permissions = ["--allow-net"], wrapper = [], env } = this.#options;
    const listen = `${this.addr.hostname}:${this.addr.port}`;
    const [program, ...words] = [
      ...[...wrapper, Deno.execPath(), "run", "--no-prompt", "--no-check", ...permissions, "server.ts"],
      ...["--listen-addr", listen, "--store", store, ...args],
    ];
    const child = new Deno.Command(program, {
      args: words,
      cwd: new URL("../..", import.meta.url),
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#ordered = this.#dead = false;
    const forget = onExit(() => this.#signal("SIGKILL"));
    const { promise: listening, resolve } = Promise.withResolvers<boolean>();
    const reading = [
      this.#read(child.stdout, (line) => line.startsWith("listening on ") && resolve(true)),
      this.#read(child.stderr, () => {}),
    ];
    let serving = false;
    this.#over = Promise.all([child.status, ...reading]).then(([{ code, signal }]) => {
      forget();
      resolve(false);
      this.#code = code;
      this.#dead = true;
      if (serving && !this.#ordered) {
        this.unordered++;
        this.#keep(`It ended by itself: code ${code}, signal ${signal}`);
      }
    });
    return serving = await listening;
  }

  async #end(signal: Deno.Signal): Promise<void> {
    if (!this.#child) return;
    this.#ordered = true;
    this.#signal(signal);
    await this.#over;
    this.#child = undefined;
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // It has ended.
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, heard: (line: string) => void): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        this.#keep(line);
        heard(line);
      }
    }
  }

  #keep(line: string): void {
    this.log.push(line);
    if (/^\S+Z error /.test(line) && this.errors.length < LINES_KEPT) this.errors.push(line);
    if (this.log.length > LINES_KEPT) this.log.shift();
  }
}

/** Starts an instance. */
export async function startOkq(options: OkqOptions): Promise<Okq> {
  const okq = new Okq(options);
  try {
    await okq.start();
  } catch (error) {
    await okq.kill();
    throw error;
  }
  return okq;
}
