/**
 * Redis servers of the tests' own: on a free port, in a folder of their own, gone when the tests are.
 *
 * @module
 */
import { eventually } from "./eventually.ts";
import { Guard } from "./process_guard.ts";

/** The environment variable that `tests/run.ts` sets to an empty string where there is no Redis. */
const REDIS_VARIABLE = "OKQ_TEST_REDIS";

/** How long a server may take to start or to stop, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Ports to choose from: Linux gives connections those from 32768 on, other systems higher ones. */
const FIRST_PORT = 10_000;
const PORTS = 22_000;

/** Whether tests can start a redis-server. */
export const redisIsThere: boolean = Deno.env.get(REDIS_VARIABLE) !== "";

/** How to start a server. */
export interface RedisOptions {
  /** More arguments for redis-server: `["--maxmemory", "10mb"]`. */
  args?: string[];
  /** Keeps events through `kill` and `restart`, with an append-only file that is synced at every write. */
  durable?: boolean;
}

/** A redis-server of the tests' own. */
export class RedisServer implements AsyncDisposable {
  /** Where it listens, on the loopback interface. */
  readonly port: number;
  readonly #dir: string;
  readonly #args: string[];
  #process: Deno.ChildProcess | undefined;
  #guard: Guard | undefined;

  /** Use {@linkcode startRedis}. */
  constructor(port: number, dir: string, options: RedisOptions) {
    this.port = port;
    this.#dir = dir;
    const saving = options.durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    this.#args = ["--save", "", ...saving, ...options.args ?? []];
  }

  /** What `--store` takes. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Its process id; it has another one after each start. */
  get pid(): number {
    return this.#process!.pid;
  }

  /** Starts the process and resolves once it answers PING. */
  async start(): Promise<void> {
    const process = new Deno.Command("redis-server", {
      args: [
        "--port",
        `${this.port}`,
        "--bind",
        "127.0.0.1",
        "--dir",
        this.#dir,
        "--logfile",
        "redis.log",
        ...this.#args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    process.unref();
    this.#process = process;
    this.#guard = new Guard(process.pid);
    let ended = false;
    process.status.then(() => ended = true);
    await eventually(async () => {
      if (ended) return;
      await this.#ping();
    }, PATIENCE_MS);
    if (ended) throw new Error(`Starting redis-server failed: ${await Deno.readTextFile(`${this.#dir}/redis.log`)}`);
  }

  /** Asks it to end, insists if it does not, and removes its folder. */
  async stop(): Promise<void> {
    const insist = setTimeout(() => this.#signal("SIGKILL"), PATIENCE_MS);
    this.#signal("SIGCONT");
    await this.#end("SIGTERM");
    clearTimeout(insist);
    await Deno.remove(this.#dir, { recursive: true });
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends it at once, without waiting, and removes its folder: for the end of the test process. */
  killNow(): void {
    this.#signal("SIGKILL");
    try {
      Deno.removeSync(this.#dir, { recursive: true });
    } catch {
      // The folder of a process that is still ending; the system's own clearing of temporary files takes care of it.
    }
  }

  /** Kills it and starts it again, on the same port and with the same folder. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Stops it from answering while it stays connected, until `resume`. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  /** Lets it go on after `pause`. */
  resume(): void {
    this.#signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process?.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const process = this.#process;
    if (!process) return;
    await this.#guard?.release();
    process.ref();
    this.#signal(signal);
    await process.status;
    this.#process = undefined;
  }

  async #ping(): Promise<void> {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const answer = new Uint8Array(16);
    const length = await connection.read(answer) ?? 0;
    const text = new TextDecoder().decode(answer.subarray(0, length));
    if (text !== "+PONG\r\n") throw new Error(`Redis on port ${this.port} answered ${JSON.stringify(text)} to PING`);
  }
}

/**
 * A loopback port that nobody listens on. No connection of another test takes it, also while its server is down:
 * it is below those that systems choose from, of which connections have most.
 */
export function freePort(): number {
  while (true) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    try {
      using _listener = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Starts a server for the caller, who stops it. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const server = new RedisServer(freePort(), await Deno.makeTempDir({ prefix: "okq_redis_" }), options);
  try {
    await server.start();
  } catch (error) {
    server.killNow();
    throw error;
  }
  return server;
}

let shared: Promise<RedisServer> | undefined;

/**
 * The server that the tests of one file share. Await it at the top of the file and not within a test: it outlives the
 * tests, and ends with the process.
 */
export function sharedRedis(): Promise<RedisServer> {
  shared ??= startRedis().then((server) => {
    globalThis.addEventListener("unload", () => server.killNow());
    return server;
  });
  return shared;
}
