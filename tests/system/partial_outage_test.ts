import { slotOf } from "../../testing/chaos/queues.ts";
import { assert } from "../deps.ts";
import { redisTest } from "../support/programs.ts";
import { startCluster } from "../support/redis_cluster.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";

redisTest("A consumer goes on with the queues within reach while a part of the Cluster is gone", async () => {
  await using cluster = await startCluster({ fullCoverage: false });
  const server = await serveForTest(cluster.url, { storeTimeoutMs: 1000, logLevel: "error" });
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using client = await connect(server.addr);
  const [gone, here] = await Promise.all(["a", "b", "c", "d", "e", "f"].map(async (queue) => {
    const { server } = await cluster.ownerOf(await slotOf(queue, cluster.servers[0]));
    return { queue, server };
  })).then((all) => [all[0], all.find(({ server }) => server !== all[0].server)!]);
  await client.command("QREGISTER", gone.queue, here.queue);
  assert.equal(await client.command("QLPUSH", here.queue, "id", "contents"), "+OK");
  await gone.server.kill();
  assert.match(`${await client.command("QLPUSH", gone.queue, "id", "contents")}`, /^-UNAVAILABLE /);
  assert.equal(await client.command("QNOTIFY", "0"), here.queue);
  assert.equal(await client.command("QNOTIFY", "10"), here.queue);
  assert.deepEqual(await client.command("QRPOP", here.queue), ["id", "contents"]);
  assert.equal(await client.command("QACK", here.queue, "id"), 1);
  await gone.server.start();
});
