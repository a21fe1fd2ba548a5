/**
 * Starts Redis servers for tests, each on a free port and in its own folder. They end with the test process.
 *
 * @module
 */
import { eventually } from "./eventually.ts";
import { Guard } from "./process_guard.ts";
import { connect } from "./wire.ts";

/** The environment variable that `tests/run.ts` sets to an empty string if no Redis is installed. */
const REDIS_VARIABLE = "OKQ_TEST_REDIS";

/** Ports to choose from. Linux assigns ports from 32768 on to connections, other systems higher ones. */
const FIRST_PORT = 10_000;
const PORTS = 22_000;

/** How many ports to try: another process may take a free port before the server listens on it. */
const MAX_STARTS = 5;

/** Whether tests can start a redis-server. */
export const hasRedis: boolean = Deno.env.get(REDIS_VARIABLE) !== "";

/** Options of a server. */
export interface RedisOptions {
  /** More arguments for redis-server: `["--maxmemory", "10mb"]`. */
  args?: string[];
  /** Keeps data through `kill` and `restart`, with an append-only file that is synced at every write. */
  durable?: boolean;
  /** Environment variables added to those of the tests. */
  env?: Record<string, string>;
}

/** A redis-server process could not be started, because another process listens on its port. */
class PortInUse extends Error {}

/** A redis-server process. */
export class RedisServer implements AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  readonly #dir: string;
  readonly #args: string[];
  readonly #env: Record<string, string>;
  #process: Deno.ChildProcess | undefined;
  #guard: Guard | undefined;

  /** Use {@linkcode startRedis}. */
  constructor(port: number, dir: string, options: RedisOptions) {
    this.port = port;
    this.#dir = dir;
    const saving = options.durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    this.#args = ["--save", "", ...saving, ...options.args ?? []];
    this.#env = options.env ?? {};
  }

  /** The value for `--store`. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Its process id, which changes with each start. */
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
      env: this.#env,
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
      if (!ended) await this.#ping(process.pid);
    });
    if (!ended) return;
    const log = await Deno.readTextFile(`${this.#dir}/redis.log`).catch(() => "");
    const message = `Starting redis-server failed: ${log}`;
    throw /Address already in use/.test(log) ? new PortInUse(message) : new Error(message);
  }

  /** Kills the process and removes its folder. A Redis that was suspended may ignore SIGTERM. */
  async stop(): Promise<void> {
    await this.kill();
    await Deno.remove(this.#dir, { recursive: true });
  }

  /** Kills the process, as a power failure would. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (!process) return;
    await this.#guard?.release();
    process.ref();
    this.#signal("SIGKILL");
    await process.status;
    this.#process = undefined;
  }

  /** Kills the process without waiting for its end, and removes its folder: for the end of the test process. */
  killNow(): void {
    this.#signal("SIGKILL");
    try {
      Deno.removeSync(this.#dir, { recursive: true });
    } catch {
      // The process may still write to the folder. The system deletes temporary files by itself.
    }
  }

  /** Kills the process and starts it again, on the same port and with the same folder. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Suspends the process until `resume`. It does not reply, and its connections stay open. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  /** Continues the process after `pause`. */
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

  /** Checks that the server on the port answers, and that it is this process. */
  async #ping(pid: number): Promise<void> {
    await using wire = await connect({ hostname: "127.0.0.1", port: this.port });
    const reply = await wire.command("PING");
    if (reply !== "+PONG") throw new Error(`Redis on port ${this.port} replied ${JSON.stringify(reply)} to PING`);
    const [, found] = /^process_id:(\d+)\r$/m.exec(`${await wire.command("INFO", "server")}`) ?? [];
    if (found !== `${pid}`) throw new Error(`The Redis on port ${this.port} has process id ${found}, not ${pid}`);
  }
}

/**
 * Returns a loopback port on which no process listens. No connection of another test gets it either, even while its
 * server is down: the range is below the one that the system assigns to connections.
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

/** Starts a server. The caller stops it. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  for (let starts = 1;; starts++) {
    const server = new RedisServer(freePort(), await Deno.makeTempDir({ prefix: "okq_redis_" }), options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      if (!(error instanceof PortInUse) || starts === MAX_STARTS) throw error;
    }
  }
}

let shared: Promise<RedisServer> | undefined;

/**
 * The server that the tests of a worker share. It must be awaited at the top of a file, not within a test, because it
 * runs until the worker ends.
 */
export function sharedRedis(): Promise<RedisServer> {
  shared ??= startRedis().then((server) => {
    globalThis.addEventListener("unload", () => server.killNow());
    return server;
  });
  return shared;
}
