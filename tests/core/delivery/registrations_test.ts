import { Log } from "../../../core/log.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { redisTest } from "../../support/programs.ts";
import { startRedis } from "../../support/redis_server.ts";
import { serveForTest } from "../../support/stores.ts";
import { connect } from "../../support/wire.ts";

redisTest("QREGISTER that is UNAVAILABLE changes no registration", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { storeTimeoutMs: 3000, log: new Log("silent") });
  await using client = await connect(server.addr);
  await using producer = await connect(server.addr);
  assert.equal(await client.command("QREGISTER", "old", "kept"), "+OK");
  await redis.kill();
  assert.match(`${await client.command("QREGISTER", "kept", "new")}`, /^-UNAVAILABLE /);
  await redis.start();
  await eventually(async () => {
    const figures = ["old total: 0 processing: 0 consumers: 1", "kept total: 0 processing: 0 consumers: 1"];
    figures.push("new total: 0 processing: 0 consumers: 0");
    assert.deepEqual(await producer.command("QSTATUS", "old", "kept", "new"), figures);
  });
  assert.equal(await producer.command("QLPUSH", "new", "1", "x"), "+OK");
  assert.equal(await client.command("QNOTIFY", "0"), null);
  for (const queue of ["old", "kept"]) {
    const notified = client.command("QNOTIFY", "600");
    assert.equal(await producer.command("QLPUSH", queue, "1", "x"), "+OK");
    assert.equal(await notified, queue);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "x"]);
  }
});
