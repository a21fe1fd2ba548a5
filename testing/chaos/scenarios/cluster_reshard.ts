import { delay } from "../../../core/util/async.ts";
import { type RedisCluster, startCluster } from "../../../tests/support/redis_cluster.ts";
import { sendToRedis } from "../../../tests/support/redis_command.ts";
import { Client } from "../../client.ts";
import { QUEUES, slotOf } from "../queues.ts";
import type { Chaos, Scenario } from "../scenario.ts";

/** Few, so that a queue's keys are often on two nodes. */
const KEYS_PER_MOVE = "2";

/** Slots of the queues in use are moved between masters, with their events. */
export const clusterReshard: Scenario = {
  name: "cluster-reshard",
  about: "Two instances on a Cluster of three masters; the slots of the queues in use are moved under load",
  async open(stack) {
    const cluster = stack.use(await startCluster());
    return {
      instances: Array.from({ length: 2 }, () => ({ store: cluster.url, args: ["--store-timeout", "2"] })),
      async fault(chaos) {
        if (chaos.random.chance(0.4)) {
          chaos.note("moves of all slots in use are announced and revoked");
          const ms = chaos.random.between(200, 2000);
          const announcing = QUEUES.map((queue) => announceAndRevoke(cluster, queue, ms));
          return void await chaos.stalls.outage(() => Promise.all(announcing));
        }
        const queue = chaos.random.pick(QUEUES);
        const slot = await slotOf(queue, cluster.servers[0]);
        await chaos.stalls.outageOf([queue], () => moveSlot(cluster, slot, chaos));
      },
    };
  },
};

async function moveSlot(cluster: RedisCluster, slot: number, { random, note }: Chaos): Promise<void> {
  const from = await cluster.ownerOf(slot);
  const to = random.pick((await cluster.masters()).filter(({ id }) => id !== from.id));
  const setSlot = (port: number, ...args: string[]) => sendToRedis({ port }, "CLUSTER", "SETSLOT", `${slot}`, ...args);
  note(`slot ${slot} moves from ${from.server.port} to ${to.server.port}`);
  await setSlot(to.server.port, "IMPORTING", from.id);
  await setSlot(from.server.port, "MIGRATING", to.id);
  await delay(random.between(0, 300));
  let moved = 0;
  while (true) {
    const keys = await sendToRedis(from.server, "CLUSTER", "GETKEYSINSLOT", `${slot}`, KEYS_PER_MOVE) as string[];
    if (keys.length === 0) break;
    const target = ["127.0.0.1", `${to.server.port}`];
    await sendToRedis(from.server, "MIGRATE", ...target, "", "0", "5000", "KEYS", ...keys);
    moved += keys.length;
    await delay(random.between(0, 200));
  }
  // The new owner first: a node that has given the slot away must be able to redirect to it.
  await setSlot(to.server.port, "NODE", to.id);
  await delay(random.between(0, 100));
  await setSlot(from.server.port, "NODE", to.id);
  for (const { server } of await cluster.masters()) await setSlot(server.port, "NODE", to.id);
  note(`${moved} keys moved`);
}

/** Of calls that are in flight together, Redis refuses some. */
async function announceAndRevoke(cluster: RedisCluster, queue: string, ms: number): Promise<void> {
  const slot = await slotOf(queue, cluster.servers[0]);
  const owner = await cluster.ownerOf(slot);
  const other = (await cluster.masters()).find(({ id }) => id !== owner.id)!;
  await using client = await Client.connect({ hostname: "127.0.0.1", port: owner.server.port });
  for (const end = performance.now() + ms; performance.now() < end;) {
    for (const state of [["MIGRATING", other.id], ["STABLE"]]) {
      await client.command("CLUSTER", "SETSLOT", `${slot}`, ...state);
    }
  }
}
