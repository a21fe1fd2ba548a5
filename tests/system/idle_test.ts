import { assert } from "../deps.ts";
import { redisTest } from "../support/programs.ts";
import { infoOf, sendToRedis } from "../support/redis_command.ts";
import { startRedis } from "../support/redis_server.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";

const QUEUES = 1000;
const SECONDS = 5;
/** Counted by Redis, together with those inside of scripts. */
const MAX_PER_SECOND = 50;

redisTest("An okq whose 1,000 consumers wait, each on a queue of its own, sends few commands to Redis", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url);
  await using closing = new AsyncDisposableStack();
  for (let i = 0; i < QUEUES; i++) {
    const consumer = closing.use(await connect(server.addr));
    if (i % 2 === 0) await consumer.command("QREGISTER", `q${i}`);
    await consumer.send(...i % 2 === 0 ? ["QNOTIFY", "600"] : ["QCLAIM", "BLOCK", "600", "QUEUES", `q${i}`]);
  }
  await using producer = await connect(server.addr);
  // Queues with an event that nobody may take, which cost the re-check more than empty ones.
  await producer.command("QPAUSE", "q77");
  for (const queue of ["q79", "q80"]) await producer.command("QCONFIG", "SET", queue, "rate", "0.01");
  for (const queue of ["q77", "q79", "q80"]) await producer.command("QLPUSH", queue, "id", "contents");
  while (!`${await producer.command("INFO", "clients")}`.includes(`blocked_clients:${QUEUES}`));
  await sendToRedis(redis, "CONFIG", "RESETSTAT");
  const since = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const stats = await infoOf(redis, "commandstats");
  const commands = Number((await infoOf(redis, "stats")).get("total_commands_processed"));
  const shown = [...stats].map(([name, value]) => `${name} ${/calls=\d+/.exec(value)}`).join(", ");
  const seconds = (performance.now() - since) / 1000;
  assert.ok(commands < MAX_PER_SECOND * seconds, `${commands} commands in ${seconds} s: ${shown}`);
  assert.equal(await producer.command("QLPUSH", "q78", "id", "contents"), "+OK");
});
