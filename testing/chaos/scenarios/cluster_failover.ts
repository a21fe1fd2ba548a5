import { delay } from "../../../core/util/async.ts";
import { startCluster } from "../../../tests/support/redis_cluster.ts";
import { QUEUES, queuesIn } from "../queues.ts";
import type { Scenario } from "../scenario.ts";

/**
 * A master of a Cluster is killed, its replica takes over, and the old master returns as a replica. In between the new
 * master has no replica, so `--store-wait-replicas 1` cannot be met for its queues.
 */
export const clusterFailover: Scenario = {
  name: "cluster-failover",
  about: "Two instances on a Cluster of three masters and three replicas, --store-wait-replicas 1; a master is killed",
  async open(stack, random) {
    const cluster = stack.use(await startCluster({ replicas: 1, fullCoverage: random.chance(0.5) }));
    const args = ["--store-timeout", "2", "--store-wait-replicas", "1"];
    return {
      instances: Array.from({ length: 2 }, () => ({ store: cluster.url, args })),
      async fault({ random, stalls, note }) {
        const { server: old, slots } = random.pick(await cluster.masters());
        const affected = await queuesIn(slots, old);
        note(`kill -9 of the master ${old.port} of ${affected.join(", ")}`);
        await stalls.outageOf(affected, async () => {
          await stalls.outage(async () => {
            await old.kill();
            await cluster.waitForFailover(old);
          }, QUEUES.filter((queue) => !affected.includes(queue)));
          note("its replica has taken over");
          await delay(random.between(0, 1500));
          await old.start();
          await cluster.waitUntilServing(1);
        });
        note("the old master is a replica now");
      },
    };
  },
};
