import { slotOf } from "../../testing/chaos/queues.ts";
import { assert } from "../deps.ts";
import { redisTest } from "../support/programs.ts";
import { startCluster } from "../support/redis_cluster.ts";
import { sendToRedis } from "../support/redis_command.ts";
import { serveForTest } from "../support/stores.ts";
import { connect, type Shown } from "../support/wire.ts";

/** Commands that are sent to Redis in one batch, and their replies. */
const BATCHES: Record<string, { batch: string[][]; replies: Shown[] }> = {
  "the last leased event is acknowledged and one is popped": {
    batch: [["QACK", "q", "leased"], ["QRPOP", "q"]],
    replies: [1, ["ready", "contents"]],
  },
  "the last event is popped and one is pushed": {
    batch: [["QRPOP", "q"], ["QLPUSH", "q", "new", "contents"]],
    replies: [["ready", "contents"], "+OK"],
  },
  "the last event is popped and one is redelivered": {
    batch: [["QRPOP", "q", "NOACK"], ["QACK", "q", "leased", "REDO"]],
    replies: [["ready", "contents"], 1],
  },
  "all events are acknowledged": {
    batch: [["QACK", "q", "leased"], ["QACK", "q", "ready"]],
    replies: [1, 1],
  },
};

// In a slot that is migrating Redis refuses to create a key, even in the script that has just deleted it.
redisTest("No batch is applied in part while a slot is migrating", async () => {
  await using cluster = await startCluster();
  await using server = await serveForTest(cluster.url);
  await using client = await connect(server.addr);
  await client.command("QREGISTER", "q");
  const slot = `${await slotOf("q", cluster.servers[0])}`;
  const from = await cluster.ownerOf(Number(slot));
  const to = (await cluster.masters()).find(({ id }) => id !== from.id)!;
  for (const [name, { batch, replies }] of Object.entries(BATCHES)) {
    for (const id of ["leased", "ready"]) await client.command("QLPUSH", "q", id, "contents");
    assert.deepEqual(await client.command("QRPOP", "q"), ["leased", "contents"]);
    await sendToRedis(to.server, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await sendToRedis(from.server, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
    await client.sendTogether(...batch);
    const answered = Promise.all(batch.map(() => client.shown()));
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const { server } of [from, to]) await sendToRedis(server, "CLUSTER", "SETSLOT", slot, "STABLE");
    assert.deepEqual(await answered, replies, name);
    await client.command("QFLUSH", "q");
  }
});
