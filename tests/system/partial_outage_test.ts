import { slotOf } from "../../testing/chaos/queues.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { redisTest } from "../support/programs.ts";
import { type RedisCluster, startCluster } from "../support/redis_cluster.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";

/** Two queues on different nodes. */
async function twoQueues(cluster: RedisCluster) {
  const all = await Promise.all(["a", "b", "c", "d", "e", "f"].map(async (queue) => {
    const { server } = await cluster.ownerOf(await slotOf(queue, cluster.servers[0]));
    return { queue, server };
  }));
  return [all[0], all.find(({ server }) => server !== all[0].server)!];
}

redisTest("A consumer goes on with its other queues while a part of the Cluster is down", async () => {
  await using cluster = await startCluster({ fullCoverage: false });
  await using server = await serveForTest(cluster.url, { storeTimeoutMs: 4000 });
  await using client = await connect(server.addr);
  const [down, up] = await twoQueues(cluster);
  await client.command("QREGISTER", down.queue, up.queue);
  assert.equal(await client.command("QLPUSH", up.queue, "id", "contents"), "+OK");
  await down.server.kill();
  assert.match(`${await client.command("QLPUSH", down.queue, "id", "contents")}`, /^-UNAVAILABLE /);
  assert.equal(await client.command("QNOTIFY", "0"), up.queue);
  assert.equal(await client.command("QNOTIFY", "600"), up.queue);
  assert.deepEqual(await client.command("QRPOP", up.queue), ["id", "contents"]);
  assert.equal(await client.command("QACK", up.queue, "id"), 1);
  await down.server.start();
});

redisTest("A node of a Cluster that takes a permission away is not used until it gives it back", async () => {
  await using cluster = await startCluster();
  await using server = await serveForTest(cluster.url, { storeTimeoutMs: 4000 });
  await using client = await connect(server.addr);
  const [refused, usable] = await twoQueues(cluster);
  await cluster.send(refused.server, "ACL", "SETUSER", "default", "-fcall", "-evalsha");
  await eventually(async () =>
    assert.match(
      `${await client.command("QLPUSH", refused.queue, "id", "contents")}`,
      /^-UNAVAILABLE Nothing was done: Cannot use the Redis Cluster node [^ ]+: its user default has no permission for the commands EVALSHA: /,
    )
  );
  assert.equal(await client.command("QLPUSH", usable.queue, "id", "contents"), "+OK");
  await cluster.send(refused.server, "ACL", "SETUSER", "default", "+fcall", "+evalsha");
  await eventually(async () => assert.equal(await client.command("QLPUSH", refused.queue, "id", "contents"), "+OK"));
});
