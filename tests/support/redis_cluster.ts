/**
 * Starts a Redis Cluster for tests.
 *
 * @module
 */
import { eventually } from "./eventually.ts";
import { onExit } from "./on_exit.ts";
import { isMasterOf, isReplicaInSync, type RedisAddr, REPLICATING, sendToRedis, setPassword } from "./redis_command.ts";
import { freePort, type RedisServer, startRedis } from "./redis_server.ts";

/** Time without a reply after which a node is considered down, in milliseconds. It also sets the pace of the start. */
const NODE_TIMEOUT_MS = 1000;
/** The same after the start without replicas: a node that replies late on a busy machine must not be considered down. */
const LONG_NODE_TIMEOUT_MS = 30_000;
/** Number of masters. Fewer have no majority without one of them. */
const MASTERS = 3;

/** Options of a Cluster. */
export interface ClusterOptions {
  /** Number of replicas of each master, 0 by default. */
  replicas?: number;
  /** Whether the whole Cluster stops while a slot has no master; true by default. */
  fullCoverage?: boolean;
  password?: string;
  /** Returns more arguments for the next redis-server. */
  args?: () => string[];
}

/** A node, as CLUSTER NODES reports it. */
export interface ClusterNode {
  id: string;
  port: number;
  /** `master`, `slave`, `fail` … */
  flags: string[];
  /** The id of its master, or "-". */
  master: string;
  /** Whether the reporting node is connected to it. */
  connected: boolean;
  /** Its slots, as pairs of first and last. */
  slots: [number, number][];
}

/** A Cluster. */
export class RedisCluster implements AsyncDisposable {
  /** All nodes, masters and replicas. */
  readonly servers: RedisServer[] = [];
  readonly #options: ClusterOptions;
  readonly #forget: (() => void)[] = [];

  /** Use {@linkcode startCluster}. */
  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** The value for `--store`. */
  get url(): string {
    const login = this.#options.password ? `:${this.#options.password}@` : "";
    return `redis+cluster://${login}${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** Starts all nodes and connects them. */
  async start(): Promise<void> {
    const { replicas = 0, fullCoverage = true, password, args: more = () => [] } = this.#options;
    for (let i = 0; i < MASTERS * (replicas + 1); i++) {
      const args = [
        ...["--cluster-enabled", "yes", "--cluster-port", `${freePort()}`],
        ...["--cluster-node-timeout", `${NODE_TIMEOUT_MS}`],
        ...["--cluster-require-full-coverage", fullCoverage ? "yes" : "no"],
        ...REPLICATING,
        ...more(),
      ];
      const server = await startRedis({ durable: true, args });
      this.servers.push(server);
      this.#forget.push(onExit(() => server.killNow()));
    }
    const addresses = this.servers.map(({ port }) => `127.0.0.1:${port}`);
    const { success, stdout } = await new Deno.Command("redis-cli", {
      args: ["--cluster", "create", ...addresses, "--cluster-replicas", `${replicas}`, "--cluster-yes"],
    }).output();
    if (!success) throw new Error(`Creating a Cluster failed: ${new TextDecoder().decode(stdout)}`);
    if (password) { for (const { port } of this.servers) await setPassword(port, password); }
    await this.waitUntilServing(replicas);
    if (replicas > 0) return;
    for (const server of this.servers) {
      await this.send(server, "CONFIG", "SET", "cluster-node-timeout", `${LONG_NODE_TIMEOUT_MS}`);
    }
  }

  /** Sends a command to a node. */
  send(server: RedisServer, ...command: string[]) {
    return sendToRedis(this.#addrOf(server), ...command);
  }

  /** All nodes, as one of them reports them; by default the first that replies. */
  async nodes(of?: RedisServer): Promise<ClusterNode[]> {
    for (const server of of ? [of] : this.servers) {
      const text = await this.send(server, "CLUSTER", "NODES").catch(() => undefined);
      if (typeof text === "string") return text.trim().split("\n").map(parseNode);
    }
    throw new Error("Reading the nodes of the Cluster failed: no node replies");
  }

  /** The master of a slot, with its id. */
  async ownerOf(slot: number): Promise<{ server: RedisServer; id: string }> {
    const owner = (await this.nodes()).find(({ flags, slots }) =>
      flags.includes("master") && !flags.includes("fail") && slots.some(([from, to]) => from <= slot && slot <= to)
    );
    const server = this.servers.find(({ port }) => port === owner?.port);
    if (!owner || !server) throw new Error(`Finding the owner of slot ${slot} failed`);
    return { server, id: owner.id };
  }

  /** The masters with slots. */
  async masters(): Promise<{ server: RedisServer; id: string; slots: ClusterNode["slots"] }[]> {
    const masters = (await this.nodes()).filter(({ flags, slots }) =>
      flags.includes("master") && !flags.includes("fail") && slots.length > 0
    );
    return masters.map(({ id, port, slots }) => ({
      server: this.servers.find((server) => server.port === port)!,
      id,
      slots,
    }));
  }

  /** Waits until another server has the slots of one that was killed. */
  async waitForFailover(from: RedisServer): Promise<void> {
    await eventually(async () => {
      const masters = await this.masters();
      return masters.length === MASTERS && !masters.some(({ server }) => server === from);
    });
  }

  /** Waits until every master serves, has at least `replicas` replicas in sync, and no node considers another one down. */
  async waitUntilServing(replicas = 0): Promise<void> {
    await eventually(async () => {
      for (const server of this.servers) {
        if (!`${await this.send(server, "CLUSTER", "INFO")}`.includes("cluster_state:ok")) return false;
        const nodes = await this.nodes(server);
        const mine = nodes.find(({ flags }) => flags.includes("myself"));
        if (nodes.some(({ flags, connected }) => flags.some((flag) => /fail|handshake/.test(flag)) || !connected)) {
          return false;
        }
        const place = this.#addrOf(server);
        const isReady = mine?.slots.length ? isMasterOf(place, replicas) : isReplicaInSync(place);
        if (!await isReady) return false;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    for (const forget of this.#forget) forget();
  }

  #addrOf({ port }: RedisServer): RedisAddr {
    return { port, password: this.#options.password };
  }
}

/** Parses a line of CLUSTER NODES, without the slots that are migrating. */
function parseNode(line: string): ClusterNode {
  const [id, address, flags, master, , , , link, ...slots] = line.split(" ");
  const ranges = slots.filter((slot) => !slot.startsWith("[")).map((slot) => slot.split("-").map(Number));
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    flags: flags.split(","),
    master,
    connected: link === "connected",
    slots: ranges.map(([from, to = from]) => [from, to]),
  };
}

/** Starts a Cluster. The caller disposes of it. */
export async function startCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const cluster = new RedisCluster(options);
  try {
    await cluster.start();
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return cluster;
}
