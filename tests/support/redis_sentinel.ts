/**
 * A master, replicas and Sentinels of the tests' own.
 *
 * @module
 */
import { eventually } from "./eventually.ts";
import { onExit } from "./on_exit.ts";
import { askRedis, isMasterOf, isReplicaInSync, type Place, protect, REPLICATING } from "./redis_command.ts";
import { freePort, type RedisServer, startRedis } from "./redis_server.ts";

/** How long a failover may take, in milliseconds. */
const PATIENCE_MS = 60_000;
/** What the Sentinels call the master. */
const MASTER = "mymaster";
/**
 * How long the master may be silent before a Sentinel calls it dead, in milliseconds. A Sentinel looks after its
 * connections once a second, so with a second it now and then deposes a master that it has only just connected to.
 */
const DOWN_AFTER_MS = 2000;
/** How many Sentinels there are. */
const SENTINELS = 3;

/** How to start the whole. */
export interface SentinelOptions {
  /** How many replicas the master has, 2 by default. */
  replicas?: number;
  /** What clients of the servers must know. */
  password?: string;
  /** What clients of the Sentinels must know. */
  sentinelPassword?: string;
}

/** A Sentinel process. */
class Sentinel implements Place {
  readonly port: number = freePort();
  readonly #dir: string;
  #process: Deno.ChildProcess | undefined;
  #forget: () => void = () => {};

  constructor(dir: string, readonly password: string | undefined) {
    this.#dir = dir;
  }

  async start(lines: string[]): Promise<void> {
    const config = `${this.#dir}/sentinel.conf`;
    const own = [`port ${this.port}`, "bind 127.0.0.1", `dir ${this.#dir}`, "logfile sentinel.log"];
    await Deno.writeTextFile(config, [...own, ...lines, ""].join("\n"));
    const args = [config, "--sentinel"];
    this.#process = new Deno.Command("redis-server", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    this.#forget = onExit(() => {
      this.#kill();
      Deno.removeSync(this.#dir, { recursive: true });
    });
  }

  async stop(): Promise<void> {
    this.#kill();
    this.#forget();
    await this.#process?.status;
    await Deno.remove(this.#dir, { recursive: true });
  }

  #kill(): void {
    try {
      this.#process?.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

/** Servers that Sentinels watch. */
export class WatchedRedis implements AsyncDisposable {
  /** The master and its replicas, in no order: failovers change it. */
  readonly servers: RedisServer[] = [];
  readonly #sentinels: Sentinel[] = [];
  readonly #options: SentinelOptions;
  readonly #forget: (() => void)[] = [];

  /** Use {@linkcode startWatchedRedis}. */
  constructor(options: SentinelOptions) {
    this.#options = options;
  }

  /** What `--store` takes. */
  get url(): string {
    const { password, sentinelPassword } = this.#options;
    const hosts = this.#sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",");
    const who = password ? `:${password}@` : "";
    const query = sentinelPassword ? `?sentinel-password=${sentinelPassword}` : "";
    return `redis+sentinel://${who}${hosts}/${MASTER}${query}`;
  }

  /** Starts everything and resolves once the Sentinels know each other and the replicas. */
  async start(): Promise<void> {
    const { replicas = 2, password } = this.#options;
    for (let i = 0; i <= replicas; i++) {
      const server = await startRedis({ durable: true, args: REPLICATING });
      this.servers.push(server);
      this.#forget.push(onExit(() => server.killNow()));
    }
    const [master, ...others] = this.servers;
    for (const other of others) await askRedis(other, "REPLICAOF", "127.0.0.1", `${master.port}`);
    await eventually(() => isMasterOf(master, replicas), PATIENCE_MS);
    if (password) { for (const { port } of this.servers) await protect(port, password); }
    for (let i = 0; i < SENTINELS; i++) await this.#startSentinel(master.port, replicas);
    await eventually(async () => {
      for (const sentinel of this.#sentinels) {
        const known = await this.#known(sentinel);
        if (known["num-slaves"] !== `${replicas}` || known["num-other-sentinels"] !== `${SENTINELS - 1}`) return false;
      }
    }, PATIENCE_MS);
  }

  /** The server that most Sentinels call the master. */
  async master(): Promise<RedisServer | undefined> {
    const ports = await Promise.all(this.#sentinels.map(async (sentinel) => (await this.#known(sentinel)).port));
    const port = ports.find((port) => ports.filter((other) => other === port).length * 2 > ports.length);
    return this.servers.find((server) => `${server.port}` === port);
  }

  /** Resolves to the new master once most Sentinels call another server so, and it has a replica. */
  async failedOver(from: RedisServer): Promise<RedisServer> {
    return await eventually(async () => {
      const master = await this.master();
      return master !== undefined && master !== from && await isMasterOf(this.#place(master), 1) && master;
    }, PATIENCE_MS) as RedisServer;
  }

  /**
   * Starts a server that was killed, and resolves once it is a replica in sync.
   * @param byHand makes it one of the master that the Sentinels name then; else they do, after ten seconds and more
   */
  async rejoin(server: RedisServer, byHand: boolean): Promise<void> {
    await server.start();
    if (byHand) {
      const master = await eventually(async () => await this.master() ?? false, PATIENCE_MS) as RedisServer;
      await askRedis(this.#place(server), "REPLICAOF", "127.0.0.1", `${master.port}`);
    }
    await eventually(() => isReplicaInSync(this.#place(server)), PATIENCE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sentinels, ...this.servers].map((process) => process.stop()));
    for (const forget of this.#forget) forget();
  }

  async #startSentinel(masterPort: number, replicas: number): Promise<void> {
    const { password, sentinelPassword } = this.#options;
    const sentinel = new Sentinel(await Deno.makeTempDir({ prefix: "okq_sentinel_" }), sentinelPassword);
    this.#sentinels.push(sentinel);
    await sentinel.start([
      `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER} 3000`,
      `sentinel parallel-syncs ${MASTER} ${Math.max(1, replicas)}`,
      ...password ? [`sentinel auth-pass ${MASTER} ${password}`] : [],
      ...sentinelPassword ? [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`] : [],
    ]);
  }

  #place({ port }: RedisServer): Place {
    return { port, password: this.#options.password };
  }

  /** What a Sentinel knows of the master. */
  async #known(sentinel: Sentinel): Promise<Record<string, string>> {
    const fields = await askRedis(sentinel, "SENTINEL", "MASTER", MASTER) as string[];
    return Object.fromEntries(fields.flatMap((name, i) => i % 2 === 0 ? [[name, fields[i + 1]]] : []));
  }
}

/** Starts servers and Sentinels for the caller, who disposes of them. */
export async function startWatchedRedis(options: SentinelOptions = {}): Promise<WatchedRedis> {
  const redis = new WatchedRedis(options);
  try {
    await redis.start();
  } catch (error) {
    await redis[Symbol.asyncDispose]();
    throw error;
  }
  return redis;
}
