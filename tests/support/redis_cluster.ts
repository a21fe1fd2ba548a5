/**
 * A Redis Cluster of the tests' own.
 *
 * @module
 */
import { eventually } from "./eventually.ts";
import { onExit } from "./on_exit.ts";
import { askRedis, isMasterOf, isReplicaInSync, type Place, protect, REPLICATING } from "./redis_command.ts";
import { freePort, type RedisServer, startRedis } from "./redis_server.ts";

/** How long a failover may take, in milliseconds. */
const PATIENCE_MS = 60_000;
/** How long a node may be silent before the others call it dead, in milliseconds. */
const NODE_TIMEOUT_MS = 1000;
/** How many masters there are: fewer cannot agree on a death. */
const MASTERS = 3;

/** How to start a Cluster. */
export interface ClusterOptions {
  /** How many replicas each master has, 0 by default. */
  replicas?: number;
  /** Whether a master without an heir stops the whole Cluster, as Redis has it by default. */
  fullCoverage?: boolean;
  /** What clients must know. */
  password?: string;
}

/** What the Cluster says of a node. */
export interface ClusterNode {
  /** Its name in the Cluster. */
  id: string;
  /** Where it listens. */
  port: number;
  /** `master`, `slave`, `fail` … */
  flags: string[];
  /** The id of its master, or "-". */
  master: string;
  /** Whether it is connected to the node that was asked. */
  connected: boolean;
  /** Its slots, as pairs of first and last. */
  slots: [number, number][];
}

/** A Cluster. */
export class RedisCluster implements AsyncDisposable {
  /** All nodes, whatever they are at the time. */
  readonly servers: RedisServer[] = [];
  readonly #options: ClusterOptions;
  readonly #forget: (() => void)[] = [];

  /** Use {@linkcode startCluster}. */
  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** What `--store` takes. */
  get url(): string {
    const who = this.#options.password ? `:${this.#options.password}@` : "";
    return `redis+cluster://${who}${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** Starts all nodes and joins them. */
  async start(): Promise<void> {
    const { replicas = 0, fullCoverage = true, password } = this.#options;
    for (let i = 0; i < MASTERS * (replicas + 1); i++) {
      const args = [
        ...["--cluster-enabled", "yes", "--cluster-port", `${freePort()}`],
        ...["--cluster-node-timeout", `${NODE_TIMEOUT_MS}`],
        ...["--cluster-require-full-coverage", fullCoverage ? "yes" : "no"],
        ...REPLICATING,
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
    if (password) { for (const { port } of this.servers) await protect(port, password); }
    await this.serving(replicas);
  }

  /** Sends a command to a node. */
  ask(server: RedisServer, ...command: string[]) {
    return askRedis(this.#place(server), ...command);
  }

  /** What a node says of all, by default the first that answers. */
  async nodes(of?: RedisServer): Promise<ClusterNode[]> {
    for (const server of of ? [of] : this.servers) {
      const text = await this.ask(server, "CLUSTER", "NODES").catch(() => undefined);
      if (typeof text === "string") return text.trim().split("\n").map(parseNode);
    }
    throw new Error("Asking the Cluster failed: no node answers");
  }

  /** The server that has a slot, and its name in the Cluster. */
  async ownerOf(slot: number): Promise<{ server: RedisServer; id: string }> {
    const owner = (await this.nodes()).find(({ flags, slots }) =>
      flags.includes("master") && !flags.includes("fail") && slots.some(([from, to]) => from <= slot && slot <= to)
    );
    const server = this.servers.find(({ port }) => port === owner?.port);
    if (!owner || !server) throw new Error(`Finding the owner of slot ${slot} failed`);
    return { server, id: owner.id };
  }

  /** The masters that have slots. */
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

  /** Resolves once another server has the slots of one that was killed. */
  async failedOver(from: RedisServer): Promise<void> {
    await eventually(async () => {
      const masters = await this.masters();
      return masters.length === MASTERS && !masters.some(({ server }) => server === from);
    }, PATIENCE_MS);
  }

  /** Resolves once every master serves and has at least so many replicas in sync, and all nodes agree about it. */
  async serving(replicas = 0): Promise<void> {
    await eventually(async () => {
      for (const server of this.servers) {
        if (!`${await this.ask(server, "CLUSTER", "INFO")}`.includes("cluster_state:ok")) return false;
        const nodes = await this.nodes(server);
        const mine = nodes.find(({ flags }) => flags.includes("myself"));
        if (nodes.some(({ flags, connected }) => flags.some((flag) => /fail|handshake/.test(flag)) || !connected)) {
          return false;
        }
        const place = this.#place(server);
        const isWell = mine?.slots.length ? isMasterOf(place, replicas) : isReplicaInSync(place);
        if (!await isWell) return false;
      }
    }, PATIENCE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    for (const forget of this.#forget) forget();
  }

  #place({ port }: RedisServer): Place {
    return { port, password: this.#options.password };
  }
}

/** Reads a line of CLUSTER NODES; slots on their way are left out. */
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

/** Starts a Cluster for the caller, who disposes of it. */
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
