import { delay } from "../../../core/util/async.ts";
import { startSentinelRedis } from "../../../tests/support/redis_sentinel.ts";
import type { Scenario } from "../scenario.ts";

/** The master is killed, a replica takes over, and the old master returns as a replica. */
export const sentinel: Scenario = {
  name: "sentinel",
  about:
    "Two instances on a master with two replicas and three Sentinels, --store-wait-replicas 1; the master is killed",
  async open(stack) {
    const redis = stack.use(await startSentinelRedis());
    const args = ["--store-timeout", "2", "--store-wait-replicas", "1"];
    let expected: number | undefined;
    const currentMaster = async (note: (text: string) => void) => {
      const master = (await redis.master())!;
      if (expected !== undefined && master.port !== expected) {
        note(`WARNING: the Sentinels deposed ${expected}, which was not killed, for ${master.port}`);
      }
      return master;
    };
    return {
      instances: Array.from({ length: 2 }, () => ({ store: redis.url, args })),
      async fault({ random, stalls, note }) {
        const old = await currentMaster(note);
        note(`kill -9 of the master ${old.port}`);
        const master = await stalls.outage(async () => {
          await old.kill();
          return await redis.waitForFailover(old);
        });
        note(`${master.port} is the master now`);
        expected = master.port;
        await delay(random.between(0, 2000));
        // Without REPLICAOF the Sentinels take ten seconds and more to make it a replica.
        const demote = random.chance(0.7);
        note(`${old.port} returns${demote ? "" : " and still believes to be the master"}`);
        await redis.rejoin(old, demote);
        await currentMaster(note);
      },
    };
  },
};
