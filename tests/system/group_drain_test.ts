import { History } from "../../testing/chaos/history.ts";
import { drain } from "../../testing/chaos/load/drain.ts";
import { Random } from "../../testing/random.ts";
import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";

const [GROUPS, EVENTS] = [50, 100];

await forEachStore((store) => {
  for (const groupLimit of [1, 3]) {
    store.test(`Groups keep their order and limit ${groupLimit} with 16 consumers that fail, hang, redo and are killed`, async (okq) => {
      const addrs = [okq.addr];
      if (store.name === "redis") addrs.push((await okq.serve()).addr);
      const seed = Math.floor(Math.random() * 2 ** 32);
      using history = new History();
      const drained = await drain({
        ...{ addrs, queue: okq.queue(), history, groups: GROUPS, events: EVENTS, groupLimit },
        ...{ maxProcessing: 100, consumers: 16, random: new Random(seed) },
      });
      const { acknowledged, deliveries, killed, outOfTurn, mostOfGroup } = drained;
      assert.deepEqual([acknowledged, outOfTurn], [GROUPS * EVENTS, 0], `seed ${seed}`);
      assert.equal(mostOfGroup, groupLimit, `seed ${seed}`);
      assert.ok(deliveries > acknowledged && killed > 0);
      assert.deepEqual(history.figures(), { lost: 0, unexpected: 0, duplicated: 0, recovered: 0 });
    });
  }
});
