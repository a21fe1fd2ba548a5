/**
 * The link to a Redis Cluster. The driver knows the node of each slot, and keeps a connection to each. Retries are
 * decided here: a command is sent again only if Redis said that it was not begun.
 *
 * @module
 */
import { type Buffer, createCluster, ErrorReply } from "../../../deps.ts";
import { delay } from "../../../core/util/async.ts";
import { type StoreOptions, StoreUnavailable } from "../../store.ts";
import { type Address, formatAddress } from "./url.ts";
import { type Client, type ClientOptions, commonOptions, newClient, sendAll } from "./client.ts";
import { PARTITIONS, slotOf } from "../../partition.ts";
import { queuesKey } from "../keys.ts";
import {
  type Args,
  errorFromDriver,
  FORBIDDEN,
  type Link,
  scanAll,
  withStoreTimeout,
  type WriteNeeds,
} from "./link.ts";
import { checkServer, UnusableRedis } from "./server_check.ts";

const MAX_REDIRECTIONS = 5;
const RECONNECT_MS = 200;
/** Time without a node after which the driver asks the others for its slots. */
const REDISCOVER_MS = 400;
/** Time after which a node that could not be used is checked again. */
const RECHECK_MS = 500;

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

/** Of one node, since it was connected. */
interface NodeCheck {
  /** Rejects if the node cannot be used. */
  done: Promise<void>;
  /** By `performance.now()`. */
  until: number;
}

export class ClusterLink implements Link {
  readonly batchers: number = PARTITIONS;
  readonly publish = "SPUBLISH";
  readonly channelPrefix = "";
  onReady: () => void = () => {};

  #addresses: Address[];
  #cluster: Cluster;
  #client: ClientOptions;
  #options: StoreOptions;
  #needs: WriteNeeds | undefined;
  readonly #checks = new WeakMap<Client, NodeCheck>();
  /** Whose library of functions may be called. */
  readonly #withLibrary = new WeakSet<Client>();
  /** Whose check has been reported since they were connected. */
  readonly #reported = new WeakSet<Client>();
  /** Called when a node fails for the first time, by address. */
  readonly #failing = new Map<string, () => void>();
  /** By address: why the node was last not used. */
  readonly #refused = new Map<string, string>();
  /** By address: what an OK means. */
  readonly #durability = new Map<string, string>();
  #reason = "no node has answered yet";
  #served = false; // earlier failures are reported to the opener of the store

  /** @param addresses some of its nodes; dead ones are skipped */
  constructor(addresses: Address[], client: ClientOptions, options: StoreOptions, needs: WriteNeeds | undefined) {
    this.#addresses = addresses;
    this.#client = client;
    this.#options = options;
    this.#needs = needs;
    this.#cluster = newCluster(addresses, client);
    this.#cluster.on("error", (error) => this.#reason = error.message);
    this.#cluster.on("node-error", (error, node) => this.#nodeFailed(error, node));
    this.#cluster.on("node-ready", (node) => {
      this.#connected(node);
      this.onReady();
    });
  }

  get durability(): string {
    return [...new Set(this.#durability.values())].join("; ");
  }

  /**
   * @throws {StoreUnavailable} if it takes too long
   * @throws {UnusableRedis} of one of the masters
   */
  async connect(): Promise<void> {
    await this.#discover();
    await this.#checkMasters();
    this.#served = true;
  }

  async send(key: string, commands: Args[]): Promise<unknown[]> {
    let asked: string | undefined;
    for (let redirections = 0;; redirections++) {
      const client = await this.#clientFor(key, asked);
      // The slot is still on its way to that node.
      const all = asked === undefined ? commands : commands.flatMap((args) => [["ASKING"], args]);
      try {
        const replies = await sendAll(client, all, this.#options.timeoutMs, () => this.#giveUp(client));
        return asked === undefined ? replies : replies.filter((_, i) => i % 2 === 1);
      } catch (error) {
        if (error instanceof Error && FORBIDDEN.test(error.message)) this.#checks.delete(client);
        const [, kind, address] = /^(MOVED|ASK) \d+ (\S+)$/.exec(error instanceof Error ? error.message : "") ?? [];
        if (!kind || redirections >= MAX_REDIRECTIONS) throw errorFromDriver(error, "a node of the Redis Cluster");
        asked = kind === "ASK" ? address : undefined;
        if (kind === "MOVED") await this.#rediscover(key);
      }
    }
  }

  sendApart(key: string, commands: Args[]): Promise<unknown[]> {
    return this.send(key, commands); // the driver has one connection to a node
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

  hasLibrary(key: string): boolean {
    const client = this.#masterOf(key);
    return client !== undefined && this.#withLibrary.has(client);
  }

  recheck(key: string): void {
    const client = this.#masterOf(key);
    if (client) this.#checks.delete(client);
  }

  close(): void {
    if (this.#cluster.isOpen) this.#cluster.destroy();
  }

  #masterOf(key: string): Client | undefined {
    return this.#cluster.slots[slotOf(key)]?.master.client as unknown as Client | undefined;
  }

  async #discover(): Promise<void> {
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

  /** Passes over those that cannot be reached: they are checked before their first use. */
  async #checkMasters(): Promise<void> {
    const keys = Array.from({ length: PARTITIONS }, (_, partition) => queuesKey(partition));
    const byMaster = new Map(keys.map((key) => [this.#cluster.slots[slotOf(key)]?.master, key]));
    const checks = [...byMaster].map(async ([master, key]) => {
      if (!master) return;
      const failed = new Promise<void>((resolve) => this.#failing.set(formatAddress(master), resolve));
      const checked = this.#clientFor(key, undefined).catch((error: StoreUnavailable) => {
        if (error.cause instanceof UnusableRedis) throw error.cause;
      });
      await Promise.race([checked, failed]);
    });
    const refused = (await Promise.allSettled(checks)).find(({ status }) => status === "rejected");
    this.#failing.clear();
    if (refused?.status === "rejected") throw refused.reason;
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
      const client = await withStoreTimeout(find(), this.#options.timeoutMs, () => this.#unreachable());
      await this.#requireUsable(client as unknown as Client, key);
      return client as unknown as Client;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreUnavailable(this.#unreachable(), false, { cause: error }); // nothing has been sent
    }
  }

  #connected({ host, port }: Address): void {
    const client = this.#nodes().find((node) => node.host === host && node.port === port)?.client as unknown as Client;
    if (!client) return;
    this.#checks.delete(client);
    this.#reported.delete(client);
  }

  /** Has a node checked before it is used for the first time, and again after it could not be used. */
  async #requireUsable(client: Client, key: string): Promise<void> {
    const [, partition] = /\{(\d+)\}/.exec(key) ?? [];
    if (partition === undefined) return; // nothing is changed there
    let check = this.#checks.get(client);
    if (!check || performance.now() > check.until) {
      check = { done: this.#checkNode(client, Number(partition)), until: Infinity };
      this.#checks.set(client, check);
    }
    try {
      await check.done;
    } catch (error) {
      if (!(error instanceof UnusableRedis)) {
        this.#checks.delete(client);
        // It does not have the slot, or refuses commands for now, as it will tell the command.
        if (error instanceof ErrorReply) return;
        throw error;
      }
      if (check.until === Infinity) check.until = performance.now() + RECHECK_MS;
      throw new StoreUnavailable(error.message, false, { cause: error });
    }
  }

  async #checkNode(client: Client, partition: number): Promise<void> {
    const node = this.#nodes().find((node) => node.client as unknown === client);
    if (!node) return; // no longer in use
    const address = formatAddress(node);
    const { timeoutMs, report } = this.#options;
    const subscriber = newClient(node, this.#client);
    subscriber.on("error", () => {}); // its commands reject
    const check = async () => {
      if (this.#needs) await subscriber.connect();
      return await checkServer(
        async (...args) => (await sendAll(client, [args], timeoutMs, () => this.#giveUp(client)))[0],
        subscriber,
        {
          server: `the Redis Cluster node ${address}`,
          username: this.#client.username,
          publish: this.publish,
          channelPrefix: this.channelPrefix,
          partition,
          needs: this.#needs,
        },
      );
    };
    try {
      const { message, isWarning, hasLibrary } = await withStoreTimeout(
        check(),
        timeoutMs,
        () => `${address} does not answer`,
      );
      if (hasLibrary) this.#withLibrary.add(client);
      else this.#withLibrary.delete(client);
      this.#refused.delete(address);
      if (this.#reported.has(client)) return;
      this.#reported.add(client);
      this.#durability.set(address, message);
      // The opener of the store shows what an OK means.
      if (!isWarning && !this.#served) return;
      report(isWarning ? "warn" : "info", `Connected to Redis Cluster node ${address}. ${message}`);
    } catch (error) {
      if (error instanceof UnusableRedis && this.#served && this.#refused.get(address) !== error.message) {
        this.#refused.set(address, error.message);
        report("warn", error.message);
      }
      throw error;
    } finally {
      if (subscriber.isOpen) subscriber.destroy();
    }
  }

  #nodes() {
    return [...this.#cluster.nodeByAddress.values()];
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
    this.#failing.get(formatAddress(node))?.();
  }

  #unreachable(): string {
    return `the Redis Cluster at ${this.#addresses.map(formatAddress).join(", ")} cannot be reached: ${this.#reason}`;
  }
}
