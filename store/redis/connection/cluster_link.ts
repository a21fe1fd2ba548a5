/**
 * The link to a Redis Cluster. The driver knows the node of each slot, and keeps a connection to each. Retries are
 * decided here: a command is sent again only if Redis said that it was not begun.
 *
 * @module
 */
import { type Buffer, createCluster } from "../../../deps.ts";
import { delay } from "../../../core/util/async.ts";
import { type StoreOptions, StoreUnavailable } from "../../store.ts";
import { type Address, formatAddress } from "./url.ts";
import { type Client, type ClientOptions, commonOptions, sendAll } from "./client.ts";
import { PARTITIONS } from "../../partition.ts";
import { type Args, errorFromDriver, type Link, scanAll, withStoreTimeout } from "./link.ts";
import { checkServer, UnusableRedis } from "./server_check.ts";

const MAX_REDIRECTIONS = 5;
const RECONNECT_MS = 200;
/** Time without a node after which the driver asks the others for its slots. */
const REDISCOVER_MS = 400;

type Cluster = ReturnType<typeof newCluster>;

function newCluster(addresses: Address[], options: ClientOptions) {
  return createCluster({
    rootNodes: addresses.map(({ host, port }) => ({ socket: { host, port } })),
    RESP: 2,
    minimizeConnections: true, // otherwise a rediscovery waits for dead nodes
    topologyRefreshOnReconnectionAttemptStrategy: REDISCOVER_MS,
    defaults: {
      ...commonOptions(options),
      socket: {
        ...(options.tls ? { tls: true as const } : {}),
        connectTimeout: options.timeoutMs,
        reconnectStrategy: RECONNECT_MS,
      },
    },
  });
}

export class ClusterLink implements Link {
  readonly batchers: number = PARTITIONS;
  readonly publish = "SPUBLISH";
  readonly channelPrefix = "";
  onReady: () => void = () => {};

  #addresses: Address[];
  #cluster: Cluster;
  #options: StoreOptions;
  #checked = new Set<string>();
  #reason = "no node has answered yet";

  /** @param addresses some of its nodes; dead ones are skipped */
  constructor(addresses: Address[], client: ClientOptions, options: StoreOptions) {
    this.#addresses = addresses;
    this.#options = options;
    this.#cluster = newCluster(addresses, client);
    this.#cluster.on("error", (error) => this.#reason = error.message);
    this.#cluster.on("node-error", (error, node) => this.#nodeFailed(error, node));
    this.#cluster.on("node-ready", (node) => {
      this.#checkNode(formatAddress(node));
      this.onReady();
    });
  }

  /** @throws {StoreUnavailable} if it takes too long */
  async connect(): Promise<void> {
    const deadline = performance.now() + this.#options.timeoutMs;
    while (true) {
      try {
        return await withStoreTimeout(
          this.#cluster.connect().then(() => {}),
          this.#options.timeoutMs,
          () => this.#unreachable(),
        );
      } catch (error) {
        if (performance.now() > deadline) throw new StoreUnavailable(this.#unreachable(), false, { cause: error });
        await delay(RECONNECT_MS);
      }
    }
  }

  async send(key: string, commands: Args[]): Promise<unknown[]> {
    let asked: string | undefined;
    for (let redirections = 0;; redirections++) {
      const client = await this.#clientFor(key, asked);
      const all = asked === undefined ? commands : [["ASKING"], ...commands]; // the slot is still on its way to that node
      try {
        const replies = await sendAll(client, all, this.#options.timeoutMs, () => this.#giveUp(client));
        return replies.slice(all.length - commands.length);
      } catch (error) {
        const [, kind, address] = /^(MOVED|ASK) \d+ (\S+)$/.exec(error instanceof Error ? error.message : "") ?? [];
        if (!kind || redirections >= MAX_REDIRECTIONS) throw errorFromDriver(error, "a node of the Redis Cluster");
        asked = kind === "ASK" ? address : undefined;
        if (kind === "MOVED") await this.#rediscover(key);
      }
    }
  }

  async scan(pattern: string, onKeys: (keys: Buffer[]) => void): Promise<void> {
    for (const master of this.#cluster.masters) {
      try {
        const client = await this.#cluster.nodeClient(master) as unknown as Client;
        const send = (args: Args) =>
          sendAll(client, [args], this.#options.timeoutMs, () => this.#giveUp(client)).then(([reply]) => reply);
        await scanAll(send, ["SCAN", "MATCH", pattern], onKeys);
      } catch (error) {
        throw errorFromDriver(error, `the Redis Cluster node ${formatAddress(master)}`);
      }
    }
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    try {
      await withStoreTimeout(
        this.#cluster.sSubscribe(channel, listener),
        this.#options.timeoutMs,
        () => this.#unreachable(),
      );
    } catch (error) {
      throw errorFromDriver(error, "a node of the Redis Cluster");
    }
    return async () => {
      await this.#cluster.sUnsubscribe(channel, listener).catch(() => {}); // its node is gone, and the subscription with it
    };
  }

  close(): void {
    if (this.#cluster.isOpen) this.#cluster.destroy();
  }

  /** The connection to the node that has the key, or to the node at an address. */
  async #clientFor(key: string, address: string | undefined): Promise<Client> {
    const find = async () => {
      if (address === undefined) return await this.#cluster.getNodeClientForKey(key);
      let node = this.#cluster.nodeByAddress.get(address);
      if (!node) {
        await this.#rediscover(key);
        node = this.#cluster.nodeByAddress.get(address);
      }
      if (!node) throw new StoreUnavailable(`the Redis Cluster sends okq to ${address}, which it does not know`, false);
      return await this.#cluster.nodeClient(node);
    };
    try {
      return await withStoreTimeout(find(), this.#options.timeoutMs, () => this.#unreachable()) as unknown as Client;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreUnavailable(this.#unreachable(), false, { cause: error }); // nothing has been sent
    }
  }

  /** Closes a connection that does not answer; the driver makes a new one when needed. */
  #giveUp(client: Client): void {
    for (const node of this.#cluster.nodeByAddress.values()) {
      if (node.client as unknown === client) node.client = undefined;
    }
    if (client.isOpen) client.destroy();
  }

  /** Makes the driver ask for the slots again, as it does when a command of its own is redirected. */
  async #rediscover(key: string): Promise<void> {
    await this.#cluster.sendCommand(key, false, ["EXISTS", key]).catch(() => {}); // the next attempt shows the result
  }

  #nodeFailed(error: Error, node: Address): void {
    const reason = `${formatAddress(node)}: ${error.message}`;
    if (reason !== this.#reason) {
      this.#options.report("warn", `A node of the Redis Cluster cannot be reached: ${reason}`);
    }
    this.#reason = reason;
    this.#checked.delete(formatAddress(node));
  }

  async #checkNode(address: string): Promise<void> {
    const node = this.#cluster.nodeByAddress.get(address);
    if (!node || this.#checked.has(address)) return;
    this.#checked.add(address);
    try {
      const client = await this.#cluster.nodeClient(node);
      const { message, isWarning } = await checkServer((...args) => client.sendCommand(args));
      this.#options.report(isWarning ? "warn" : "info", `Connected to Redis Cluster node ${address}. ${message}`);
    } catch (error) {
      this.#checked.delete(address);
      if (error instanceof UnusableRedis) this.#options.report("warn", error.message);
    }
  }

  #unreachable(): string {
    return `the Redis Cluster at ${this.#addresses.map(formatAddress).join(", ")} cannot be reached: ${this.#reason}`;
  }
}
