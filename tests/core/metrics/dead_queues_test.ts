import { DeadQueues } from "../../../core/metrics/dead_queues.ts";
import { QueueStats } from "../../../core/metrics/queue_stats.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

Deno.test("DeadQueues reads at most 500 policies at a time, those not read for longest", async () => {
  const store = await openSqliteStore(":memory:");
  let reads = 0;
  const policy = store.policy.bind(store);
  store.policy = (queue) => (reads++, policy(queue));
  const names = Array.from({ length: 1200 }, (_, i) => `{t}${i}`);
  await Promise.all(names.map((name) => store.push(bytes(name), bytes("1"), bytes(""), "left")));
  await store.setPolicy(bytes("{t}1100"), { deadQueue: bytes("{t}morgue") });
  const queueStats = new QueueStats(store, 10);
  const deadQueues = new DeadQueues({ store, queueStats });
  const after: [reads: number, unread: number][] = [];
  for (let i = 0; i < 3; i++) {
    await deadQueues.refresh(0);
    after.push([reads, deadQueues.unread]);
  }
  assert.deepEqual(after, [[500, 700], [1000, 200], [1500, 0]]);
  assert.deepEqual(deadQueues.originsOf("{t}morgue"), ["{t}1100"]);
  await deadQueues.refresh();
  assert.equal(reads, 1500);
  await store.close();
});
