/**
 * Starts a Redis master, replicas and Sentinels for tests.
 *
 * @module
 */
import { eventually } from "./eventually.ts";
import { onExit } from "./on_exit.ts";
import { isMasterOf, isReplicaInSync, type RedisAddr, REPLICATING, sendToRedis, setPassword } from "./redis_command.ts";
import { freePort, type RedisServer, startRedis } from "./redis_server.ts";

/** The name of the master in the configuration of the Sentinels. */
const MASTER = "mymaster";
/**
 * Time without a reply after which a Sentinel considers the master down, in milliseconds. A Sentinel checks its
 * connections once a second, so with 1000 it sometimes replaces a master to which it has only just connected.
 */
const DOWN_AFTER_MS = 2000;
/** Number of Sentinels. */
const SENTINELS = 3;

/** Options of the servers and Sentinels. */
export interface SentinelOptions {
  /** Number of replicas, 2 by default. */
  replicas?: number;
  /** The password of the servers. */
  password?: string;
  /** The password of the Sentinels. */
  sentinelPassword?: string;
}

/** A Sentinel process. */
class Sentinel implements RedisAddr {
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

/** Servers that Sentinels monitor. */
export class SentinelRedis implements AsyncDisposable {
  /** The master and its replicas. Which one is the master changes with failovers. */
  readonly servers: RedisServer[] = [];
  readonly #sentinels: Sentinel[] = [];
  readonly #options: SentinelOptions;
  readonly #forget: (() => void)[] = [];

  /** Use {@linkcode startSentinelRedis}. */
  constructor(options: SentinelOptions) {
    this.#options = options;
  }

  /** The value for `--store`. */
  get url(): string {
    const { password, sentinelPassword } = this.#options;
    const hosts = this.#sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",");
    const login = password ? `:${password}@` : "";
    const query = sentinelPassword ? `?sentinel-password=${sentinelPassword}` : "";
    return `redis+sentinel://${login}${hosts}/${MASTER}${query}`;
  }

  /** Starts all processes. Resolves when the Sentinels have found each other and the replicas. */
  async start(): Promise<void> {
    const { replicas = 2, password } = this.#options;
    for (let i = 0; i <= replicas; i++) {
      const server = await startRedis({ durable: true, args: REPLICATING });
      this.servers.push(server);
      this.#forget.push(onExit(() => server.killNow()));
    }
    const [master, ...others] = this.servers;
    for (const other of others) await sendToRedis(other, "REPLICAOF", "127.0.0.1", `${master.port}`);
    await eventually(() => isMasterOf(master, replicas));
    if (password) { for (const { port } of this.servers) await setPassword(port, password); }
    for (let i = 0; i < SENTINELS; i++) await this.#startSentinel(master.port, replicas);
    await eventually(async () => {
      for (const sentinel of this.#sentinels) {
        const reported = await this.#masterOf(sentinel);
        if (reported["num-slaves"] !== `${replicas}` || reported["num-other-sentinels"] !== `${SENTINELS - 1}`) {
          return false;
        }
      }
    });
  }

  /** The server that a majority of Sentinels considers the master. */
  async master(): Promise<RedisServer | undefined> {
    const ports = await Promise.all(this.#sentinels.map(async (sentinel) => (await this.#masterOf(sentinel)).port));
    const port = ports.find((port) => ports.filter((other) => other === port).length * 2 > ports.length);
    return this.servers.find((server) => `${server.port}` === port);
  }

  /** Waits for a failover. Resolves to the new master when a majority of Sentinels has it and it has a replica. */
  async waitForFailover(from: RedisServer): Promise<RedisServer> {
    return await eventually(async () => {
      const master = await this.master();
      return master !== undefined && master !== from && await isMasterOf(this.#addrOf(master), 1) && master;
    }) as RedisServer;
  }

  /**
   * Starts a server that was killed. Resolves when it is a replica in sync.
   * @param byHand makes it a replica at once; otherwise the Sentinels do, after ten seconds or more
   */
  async rejoin(server: RedisServer, byHand: boolean): Promise<void> {
    await server.start();
    if (byHand) {
      const master = await eventually(async () => await this.master() ?? false) as RedisServer;
      await sendToRedis(this.#addrOf(server), "REPLICAOF", "127.0.0.1", `${master.port}`);
    }
    await eventually(() => isReplicaInSync(this.#addrOf(server)));
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

  #addrOf({ port }: RedisServer): RedisAddr {
    return { port, password: this.#options.password };
  }

  /** What a Sentinel reports about the master. */
  async #masterOf(sentinel: Sentinel): Promise<Record<string, string>> {
    const fields = await sendToRedis(sentinel, "SENTINEL", "MASTER", MASTER) as string[];
    return Object.fromEntries(fields.flatMap((name, i) => i % 2 === 0 ? [[name, fields[i + 1]]] : []));
  }
}

/** Starts servers and Sentinels. The caller disposes of them. */
export async function startSentinelRedis(options: SentinelOptions = {}): Promise<SentinelRedis> {
  const redis = new SentinelRedis(options);
  try {
    await redis.start();
  } catch (error) {
    await redis[Symbol.asyncDispose]();
    throw error;
  }
  return redis;
}
