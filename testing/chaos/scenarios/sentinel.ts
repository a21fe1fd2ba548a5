import { startWatchedRedis } from "../../../tests/support/redis_sentinel.ts";
import { sleep } from "../../client.ts";
import type { Scenery } from "../scenario.ts";

/** The master is killed, a replica takes its place, and the old one comes back as a replica. */
export const sentinel: Scenery = {
  name: "sentinel",
  about:
    "Two instances on a master with two replicas and three Sentinels, --store-wait-replicas 1; the master is killed",
  async open(stack) {
    const redis = stack.use(await startWatchedRedis());
    const args = ["--store-timeout", "2", "--store-wait-replicas", "1"];
    let expected: number | undefined;
    const seeMaster = async (note: (text: string) => void) => {
      const master = (await redis.master())!;
      if (expected !== undefined && master.port !== expected) {
        note(`ATTENTION: the Sentinels have deposed ${expected}, which nobody killed, for ${master.port}`);
      }
      return master;
    };
    return {
      instances: Array.from({ length: 2 }, () => ({ store: redis.url, args })),
      async fault({ random, stalls, note }) {
        const old = await seeMaster(note);
        note(`kill -9 of the master, ${old.port}`);
        const master = await stalls.outage(async () => {
          await old.kill();
          return await redis.failedOver(old);
        });
        note(`${master.port} is the master now`);
        expected = master.port;
        await sleep(random.between(0, 2000));
        // Left to the Sentinels it takes ten seconds and more.
        const byHand = random.chance(0.7);
        note(`${old.port} comes back${byHand ? "" : ", and nobody tells it that it is the master no more"}`);
        await redis.rejoin(old, byHand);
        await seeMaster(note);
      },
    };
  },
};
