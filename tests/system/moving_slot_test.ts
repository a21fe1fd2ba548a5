import { slotOf } from "../../testing/chaos/queues.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { assert } from "../deps.ts";
import { redisTest } from "../support/programs.ts";
import { startCluster } from "../support/redis_cluster.ts";
import { askRedis } from "../support/redis_command.ts";
import { serveForTest } from "../support/stores.ts";
import { connect, type Shown } from "../support/wire.ts";

/** Commands that travel in one batch, and their replies. */
const BATCHES: Record<string, { batch: string[][]; replies: Shown[] }> = {
  "the last lease is acknowledged and an event taken": {
    batch: [["QACK", "q", "leased"], ["QRPOP", "q"]],
    replies: [1, ["ready", "contents"]],
  },
  "the last event is taken and one pushed": {
    batch: [["QRPOP", "q"], ["QLPUSH", "q", "new", "contents"]],
    replies: [["ready", "contents"], "+OK"],
  },
  "the last event is taken and one given back": {
    batch: [["QRPOP", "q", "NOACK"], ["QACK", "q", "leased", "REDO"]],
    replies: [["ready", "contents"], 1],
  },
  "all events are acknowledged": {
    batch: [["QACK", "q", "leased"], ["QACK", "q", "ready"]],
    replies: [1, 1],
  },
};

// Redis lets nobody make a key in a slot that is on its way, not even in the script that has just emptied it.
redisTest("Nothing is done by halves while a slot is on its way and all of a queue is still here", async () => {
  await using cluster = await startCluster();
  const server = await serveForTest(cluster.url, { logLevel: "error" });
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using client = await connect(server.addr);
  await client.command("QREGISTER", "q");
  const slot = `${await slotOf("q", cluster.servers[0])}`;
  const from = await cluster.ownerOf(Number(slot));
  const to = (await cluster.masters()).find(({ id }) => id !== from.id)!;
  for (const [name, { batch, replies }] of Object.entries(BATCHES)) {
    for (const id of ["leased", "ready"]) await client.command("QLPUSH", "q", id, "contents");
    assert.deepEqual(await client.command("QRPOP", "q"), ["leased", "contents"]);
    await askRedis(to.server, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await askRedis(from.server, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
    await client.raw(concat(batch.map(encodeCommand)));
    const answered = Promise.all(batch.map(() => client.shown()));
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const { server } of [from, to]) await askRedis(server, "CLUSTER", "SETSLOT", slot, "STABLE");
    assert.deepEqual(await answered, replies, name);
    await client.command("QFLUSH", "q");
  }
});

function concat(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
