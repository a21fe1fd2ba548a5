/**
 * The link to a Redis Cluster. The driver knows the node of each slot, and has the connections for Pub/Sub. Commands
 * travel through a session with each node. Retries are decided here: a command is sent again only if Redis said that it
 * was not begun.
 *
 * @module
 */
import type { Buffer } from "../../../deps.ts";
import { delay, settleAll } from "../../../core/util/async.ts";
import { type StoreOptions, StoreUnavailable } from "../../store.ts";
import { type Address, formatAddress } from "./url.ts";
import { type Client, type ClientOptions, type Cluster, newClient, newCluster, RECONNECT_MS } from "./client.ts";
import { PARTITIONS, slotOf } from "../../partition.ts";
import { ErrorReply } from "../deps.ts";
import { LAYOUT_KEY, sharedKeys } from "../keys.ts";
import {
  type Args,
  errorFromConnection,
  type Link,
  reasonOf,
  scanAll,
  type ServerUse,
  withStoreTimeout,
  type WriteNeeds,
} from "./link.ts";
import { UnusableRedis } from "./server_check.ts";
import { ServerSession } from "./server_session.ts";

const MAX_REDIRECTIONS = 5;
/** Time after which a node that could not be used is checked again. */
const RECHECK_MS = 500;

/** What the nodes of a link share. */
interface NodeOptions extends StoreOptions {
  client: ClientOptions;
  use: Omit<ServerUse, "server" | "partition">;
  /** Whether the store is open; its opener shows earlier problems, and what an OK means. */
  isServing(): boolean;
  /** Called when a node answers, for the first time or again. */
  onReady(): void;
  /** Called when a node cannot be reached. */
  onFailure(): void;
}

export class ClusterLink implements Link {
  readonly batchers: number = PARTITIONS;
  readonly publish = "SPUBLISH";
  readonly channelPrefix = "";
  onReady: () => void = () => {};

  #addresses: Address[];
  #cluster: Cluster;
  #options: NodeOptions;
  /** By address, as Redis and the driver write it. */
  readonly #nodes = new Map<string, ClusterNode>();
  #reason = "no node has answered yet";
  #isServing = false;

  /** @param addresses some of its nodes; dead ones are skipped */
  constructor(addresses: Address[], client: ClientOptions, options: StoreOptions, needs: WriteNeeds | undefined) {
    this.#addresses = addresses;
    this.#options = {
      ...options,
      client,
      use: { username: client.username, publish: this.publish, channelPrefix: this.channelPrefix, needs },
      isServing: () => this.#isServing,
      onReady: () => this.onReady(),
      onFailure: () => this.#rediscover(),
    };
    this.#cluster = newCluster(addresses, client);
    this.#cluster.on("error", (error) => this.#reason = error.message);
    this.#cluster.on("node-error", (error, { host, port }) => this.#nodeAt(`${host}:${port}`).failed(error));
    this.#cluster.on("node-ready", ({ host, port }) => this.#nodeAt(`${host}:${port}`).answered());
  }

  get durability(): string {
    const all = [...this.#nodes.values()].map(({ durability }) => durability);
    return [...new Set(all.filter((durability) => durability !== ""))].join("; ");
  }

  get appendOnly(): boolean {
    return this.#nodes.values().every(({ durability, appendOnly }) => appendOnly || durability === "");
  }

  /**
   * @throws {StoreUnavailable} if it takes too long
   * @throws {UnusableRedis} of one of the masters
   */
  async connect(): Promise<void> {
    const deadline = performance.now() + this.#options.timeoutMs;
    await this.#untilReached(deadline, () => this.#cluster.connect());
    await this.#checkMasters();
    // The opener of the store reads there.
    await this.#untilReached(deadline, () => this.send(LAYOUT_KEY, [["GET", LAYOUT_KEY]]));
    this.#isServing = true;
  }

  send(key: string, commands: Args[]): Promise<unknown[]> {
    return this.#send(key, commands, false);
  }

  sendApart(key: string, commands: Args[]): Promise<unknown[]> {
    return this.#send(key, commands, true);
  }

  async scan(pattern: string, onKeys: (keys: Buffer[]) => void): Promise<void> {
    for (const { address } of this.#cluster.masters) {
      const session = await this.#nodeAt(address).sessionFor(undefined);
      await scanAll(async (args) => (await session.send([args]))[0], ["SCAN", "MATCH", pattern], onKeys);
    }
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    try {
      await this.#inTime(this.#cluster.sSubscribe(channel, listener));
    } catch (error) {
      throw errorFromConnection(error, "a node of the Redis Cluster");
    }
    return async () => {
      await this.#cluster.sUnsubscribe(channel, listener).catch(() => {}); // its node is gone, and the subscription with it
    };
  }

  hasLibrary(key: string): boolean {
    return this.#knownMasterOf(key)?.hasLibrary ?? false;
  }

  recheck(key: string): void {
    this.#knownMasterOf(key)?.recheck();
  }

  close(): void {
    if (this.#cluster.isOpen) this.#cluster.destroy();
    for (const node of this.#nodes.values()) node.close();
  }

  async #send(key: string, commands: Args[], isApart: boolean): Promise<unknown[]> {
    const partition = partitionIn(key);
    let node = this.#masterOf(key);
    for (let redirections = 0, isAsking = false;; redirections++) {
      const session = await node.sessionFor(partition);
      // The slot is still on its way to that node.
      const all = isAsking ? commands.flatMap((args) => [["ASKING"], args]) : commands;
      try {
        const replies = await session.send(all, isApart);
        return isAsking ? replies.filter((_, i) => i % 2 === 1) : replies;
      } catch (error) {
        const redirection = redirectionIn(error);
        if (!redirection || redirections >= MAX_REDIRECTIONS) throw error;
        const { kind, address } = redirection;
        if (kind === "MOVED") this.#rediscover(session.address);
        isAsking = kind === "ASK";
        node = this.#nodeAt(address.startsWith(":") ? session.address.host + address : address);
      }
    }
  }

  /** @throws {StoreUnavailable} */
  #masterOf(key: string): ClusterNode {
    const master = this.#knownMasterOf(key);
    if (master) return master;
    this.#rediscover();
    throw new StoreUnavailable(this.#unreachable(), false);
  }

  #knownMasterOf(key: string): ClusterNode | undefined {
    const shard = this.#cluster.isReady ? this.#cluster.slots[slotOf(key)] : undefined; // it is not once it is closed
    return shard && this.#nodeAt(shard.master.address);
  }

  #nodeAt(address: string): ClusterNode {
    let node = this.#nodes.get(address);
    if (!node) this.#nodes.set(address, node = new ClusterNode(address, this.#options));
    return node;
  }

  async #untilReached(deadline: number, attempt: () => Promise<unknown>): Promise<void> {
    while (true) {
      try {
        return void await this.#inTime(attempt());
      } catch (error) {
        if (performance.now() > deadline) {
          throw error instanceof StoreUnavailable ? error : new StoreUnavailable(this.#unreachable(), false);
        }
        await delay(RECONNECT_MS);
      }
    }
  }

  #inTime<T>(step: Promise<T>): Promise<T> {
    return withStoreTimeout(step, this.#options.timeoutMs, () => this.#unreachable());
  }

  /** Passes over those that cannot be reached: they are checked before their first use. */
  async #checkMasters(): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const byMaster = new Map(
      partitions.map((partition) => [this.#knownMasterOf(sharedKeys(partition).queues), partition]),
    );
    await settleAll([...byMaster].map(async ([node, partition]) => {
      await node?.sessionFor(partition).catch((error: StoreUnavailable) => {
        if (error.cause instanceof UnusableRedis) throw error.cause;
      });
    }));
  }

  /**
   * Makes the driver ask for the slots again, as it does when a command of its own is redirected or its connection is lost.
   * @param from the node to ask first
   */
  async #rediscover(from?: Address): Promise<void> {
    const failing = [...this.#nodes].filter(([, { isFailing }]) => isFailing).map(([address]) => address);
    const first = from && { options: { socket: { ...from } } } as Client; // all that is read of it
    await this.#cluster._slots.rediscover(first as never, new Set(failing)).catch(() => {}); // an event tells
    for (const [address, node] of this.#nodes) {
      if (!node.isOpen && !this.#cluster.nodeByAddress.has(address)) this.#nodes.delete(address);
    }
  }

  #unreachable(): string {
    return `the Redis Cluster at ${this.#addresses.map(formatAddress).join(", ")} cannot be reached: ${this.#reason}`;
  }
}

/** A node: the session with it, if there is one, and what is known of it. */
class ClusterNode {
  /** What an OK means, by the last check. */
  durability = "";
  appendOnly = false;
  readonly #address: Address;
  readonly #name: string; // as part of a sentence
  readonly #options: NodeOptions;
  #session: ServerSession | undefined;
  #connecting: Promise<ServerSession> | undefined;
  /** Rejects if the node cannot be used. */
  #check: Promise<void> | undefined;
  #recheckAt = Infinity; // by performance.now(), as the next
  #reconnectAt = 0;
  #reported: ServerSession | undefined;
  /** Why it cannot be reached, until it answers. */
  #failure: string | undefined;
  /** Why it was last not used. */
  #refusal = "";

  constructor(address: string, options: NodeOptions) {
    const colon = address.lastIndexOf(":");
    this.#address = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    this.#name = `Redis Cluster node ${formatAddress(this.#address)}`;
    this.#options = options;
  }

  get hasLibrary(): boolean {
    return this.#session?.hasLibrary ?? false;
  }

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * The session, begun if there is none. The node is checked before its first use, and again after it could not be used.
   * @param partition one that it should have; undefined if nothing is changed there
   * @throws {StoreUnavailable} with a known outcome
   */
  async sessionFor(partition: number | undefined): Promise<ServerSession> {
    if (!this.#connecting) {
      if (performance.now() < this.#reconnectAt) this.#throwUnreachable(this.#failure ?? "the connection was lost");
      this.#connecting = this.#connect();
    }
    const session = await this.#connecting;
    if (partition !== undefined) await this.#requireUsable(session, partition);
    return session;
  }

  recheck(): void {
    this.#check = undefined;
  }

  /** A connection to it broke, or could not be opened. */
  failed(error: Error): void {
    const reason = reasonOf(error);
    if (this.#failure === undefined) {
      this.#options.report("warn", `The ${this.#name} cannot be reached: ${reason}`);
    }
    this.#failure = reason;
  }

  answered(): void {
    this.#failure = undefined;
    this.#options.onReady();
  }

  close(): void {
    this.#reconnectAt = Infinity;
    this.#session?.end(new Error("the store is being closed"));
  }

  async #connect(): Promise<ServerSession> {
    const { client, use } = this.#options;
    const session = new ServerSession(this.#address, client, { ...use, server: `the ${this.#name}` });
    this.#session = session;
    session.onForbidden = () => this.recheck();
    session.ended.catch((reason) => this.#ended(reason));
    await session.connect().catch((error) => this.#throwUnreachable(error));
    return session;
  }

  #ended(reason: Error): void {
    this.#session = this.#connecting = this.#check = undefined;
    if (this.#reconnectAt === Infinity) return;
    this.#reconnectAt = performance.now() + RECONNECT_MS;
    this.failed(reason);
    this.#options.onFailure();
  }

  async #requireUsable(session: ServerSession, partition: number): Promise<void> {
    if (!this.#check || performance.now() > this.#recheckAt) {
      this.#recheckAt = Infinity;
      this.#check = this.#checkServer(session, partition);
    }
    const check = this.#check;
    try {
      await check;
    } catch (error) {
      if (error instanceof UnusableRedis) throw new StoreUnavailable(error.message, false, { cause: error });
      if (this.#check === check) this.#check = undefined;
      // It does not have the slot, or refuses commands for now, as it will tell the command.
      if (error instanceof ErrorReply) return;
      session.end(error as Error);
      this.#throwUnreachable(error);
    }
  }

  async #checkServer(session: ServerSession, partition: number): Promise<void> {
    const { client, use, timeoutMs, report, isServing } = this.#options;
    const subscriber = newClient(this.#address, client);
    subscriber.on("error", () => {}); // its commands reject
    const check = async () => {
      if (use.needs) await subscriber.connect();
      return await session.check(subscriber, partition);
    };
    try {
      const { message, appendOnly, isWarning } = await withStoreTimeout(check(), timeoutMs, () => "it does not answer");
      this.#refusal = "";
      this.durability = message;
      this.appendOnly = appendOnly;
      this.answered();
      if (this.#reported === session) return;
      this.#reported = session;
      if (isWarning || isServing()) {
        report(isWarning ? "warn" : "info", `Connected to ${this.#name}. ${message}`);
      }
    } catch (error) {
      if (error instanceof UnusableRedis) {
        this.#failure = undefined;
        this.#recheckAt = performance.now() + RECHECK_MS;
        if (isServing() && this.#refusal !== error.message) report("warn", error.message);
        this.#refusal = error.message;
      }
      throw error;
    } finally {
      if (subscriber.isOpen) subscriber.destroy();
    }
  }

  #throwUnreachable(reason: unknown): never {
    throw new StoreUnavailable(`the ${this.#name} cannot be reached: ${reasonOf(reason)}`, false);
  }
}

/** Undefined for a key that no event depends on. */
function partitionIn(key: string): number | undefined {
  const [, partition] = /\{(\d+)\}/.exec(key) ?? [];
  return partition === undefined ? undefined : Number(partition);
}

/** Where Redis sends a call of which it has done nothing. */
function redirectionIn(error: unknown): { kind: "MOVED" | "ASK"; address: string } | undefined {
  const [, kind, address] = error instanceof StoreUnavailable && !error.outcomeUnknown
    ? /^Redis answers (MOVED|ASK) \d+ (\S+)$/.exec(error.reason) ?? []
    : [];
  return kind ? { kind: kind as "MOVED" | "ASK", address } : undefined;
}
