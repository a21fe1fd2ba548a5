import { Buffer } from "../../../../deps.ts";
import { openLink } from "../../../../store/redis/connection/connect.ts";
import { LAYOUT_KEY, sharedKeys } from "../../../../store/redis/keys.ts";
import { partitionOf } from "../../../../store/partition.ts";
import { openRedisStore } from "../../../../store/redis/redis_store.ts";
import type { Store, StoreOptions } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { eventually } from "../../../support/eventually.ts";
import { redisTest } from "../../../support/programs.ts";
import { type RedisCluster, startCluster } from "../../../support/redis_cluster.ts";
import type { RedisServer } from "../../../support/redis_server.ts";
import { newQueue, push, shown } from "../../contract/suite.ts";

const OPTIONS: StoreOptions = { timeoutMs: 60_000, report: () => {} };

/** @param replicas that must have an event before its push is answered */
async function open(url: string, options: Partial<StoreOptions> = {}, replicas = 0) {
  const store = await openRedisStore(url, { ...OPTIONS, ...options }, { replicas, timeoutMs: 60_000 });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

async function slotOfKey(cluster: RedisCluster, key: string): Promise<number> {
  return Number(await cluster.send(cluster.servers[0], "CLUSTER", "KEYSLOT", key));
}

const slotOfQueue = (cluster: RedisCluster, queue: Uint8Array) =>
  slotOfKey(cluster, sharedKeys(partitionOf(queue)).queues);

/** A queue that this server has. */
async function queueAt(cluster: RedisCluster, server: RedisServer): Promise<Uint8Array> {
  while (true) {
    const queue = newQueue();
    if ((await cluster.ownerOf(await slotOfQueue(cluster, queue))).server === server) return queue;
  }
}

const popped = async (store: Store, queue: Uint8Array) => shown(await store.pop(queue, 60_000));

redisTest("ClusterLink has two connections for commands to a node, and new ones after these are lost", async () => {
  await using cluster = await startCluster();
  const [node] = cluster.servers;
  const clients = async () =>
    `${await cluster.send(node, "CLIENT", "LIST", "TYPE", "normal")}`.trim().split("\n").length;
  const others = await clients(); // the one that asks
  await using store = await open(cluster.url);
  const queue = await queueAt(cluster, node);
  await push(store, queue, "1");
  assert.equal(await clients() - others, 2);
  await cluster.send(node, "CLIENT", "KILL", "TYPE", "normal");
  await push(store, queue, "2");
  assert.equal(await clients() - others, 2);
  assert.deepEqual([await popped(store, queue), await popped(store, queue)], ["1=c-1", "2=c-2"]);
});

redisTest("ClusterLink finds the replica that takes over from a master that hangs", async () => {
  await using cluster = await startCluster({ replicas: 1 });
  await using store = await open(cluster.url, { timeoutMs: 1000 });
  // The first server is asked for the state of the others.
  const master = (await cluster.masters()).map(({ server }) => server).find((server) => server !== cluster.servers[0])!;
  const queue = await queueAt(cluster, master);
  await using confirming = await open(cluster.url, {}, 1);
  await push(confirming, queue, "1");
  master.pause();
  await cluster.waitForFailover(master);
  await eventually(() => push(store, queue, crypto.randomUUID()));
  await master.kill();
  await using patient = await open(cluster.url);
  assert.equal(await popped(patient, queue), "1=c-1");
});

redisTest("ClusterLink waits for a Cluster of which a master is not reached when okq starts", async () => {
  await using cluster = await startCluster({ fullCoverage: false });
  const { server } = await cluster.ownerOf(await slotOfKey(cluster, LAYOUT_KEY));
  await server.kill();
  const [store] = await Promise.all([open(cluster.url), server.start()]);
  const queue = await queueAt(cluster, server);
  await push(store, queue, "1");
  assert.equal(await popped(store, queue), "1=c-1");
  await store.close();
});

redisTest("ClusterLink follows a slot that moves to another node", async () => {
  await using cluster = await startCluster();
  const link = await openLink(cluster.url, OPTIONS);
  const key = sharedKeys(0).queues;
  const slot = `${await slotOfKey(cluster, key)}`;
  const from = await cluster.ownerOf(Number(slot));
  const to = (await cluster.masters()).find(({ id }) => id !== from.id)!;
  await link.send(key, [["SET", key, "1"]]);
  await cluster.send(to.server, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
  await cluster.send(from.server, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
  await cluster.send(from.server, "MIGRATE", "127.0.0.1", `${to.server.port}`, key, "0", "5000");
  assert.deepEqual(await link.send(key, [["INCR", key], ["GET", key]]), [2, Buffer.from("2")], "by ASK");
  assert.deepEqual(await link.sendApart(key, [["GET", key]]), [Buffer.from("2")], "by ASK, apart");
  for (const { server } of [to, from]) await cluster.send(server, "CLUSTER", "SETSLOT", slot, "NODE", to.id);
  assert.deepEqual(await link.send(key, [["INCR", key], ["GET", key]]), [3, Buffer.from("3")], "by MOVED");
  link.close();
});
