import { Log } from "../../core/log.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { redisTest } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { serveForTest } from "../support/stores.ts";
import { startCommand, startWaiting } from "../support/waiting.ts";
import { connect, type Wire } from "../support/wire.ts";

/** Time limit of a store call, in milliseconds. Commands take that long while Redis is down. */
const STORE_TIMEOUT_MS = 4000;

const log = new Log("silent");

/** Waits until a command works again. */
async function worksAgain(client: Wire): Promise<void> {
  await eventually(async () =>
    assert.deepEqual(await client.command("QSTATUS", "q"), [
      "q total: 0 processing: 0 consumers: 0",
    ])
  );
}

redisTest("Commands are UNAVAILABLE while Redis is down, and work again afterwards", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, log });
  await using client = await connect(server.addr);
  assert.equal(await client.command("QLPUSH", "q", "id", "contents"), "+OK");
  await redis.kill();
  const commands = [
    ...[["QLPUSH", "q", "id", "contents"], ["QRPOP", "q"], ["QLPEEK", "q"], ["QACK", "q", "id"], ["QFLUSH", "q"]],
    ...[["QCLAIM", "QUEUES", "q"], ["QPAUSE", "q"], ["QRESUME", "q"], ["QLIST", "q"], ["QGET", "q", "id"]],
    ...[["QSTATUS", "q"], ["QSTATUS"], ["QSTATS"], ["QINFO"]],
  ];
  for (const command of [...commands, ["PING"]]) await client.send(...command);
  for (const command of commands) assert.match(`${await client.shown()}`, /^-UNAVAILABLE [^\r\n]+$/, command.join(" "));
  assert.equal(await client.shown(), "+PONG");
  await redis.start();
  await worksAgain(client);
});

redisTest("A push that Redis received and did not answer reports an unknown outcome", async () => {
  await using redis = await startRedis({ durable: true });
  await using server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, log });
  await using client = await connect(server.addr);
  assert.equal(await client.command("QLPUSH", "q", "before", "contents"), "+OK");
  redis.pause();
  assert.match(`${await client.command("QLPUSH", "q", "id", "contents")}`, /^-UNAVAILABLE .*outcome is unknown/);
  redis.resume();
  // The same id again: either it is stored now or it had been stored the first time, never twice.
  await eventually(async () => {
    assert.match(`${await client.command("QLPUSH", "q", "id", "contents")}`, /^(\+OK|-ERR duplicate event id)$/);
  });
  assert.deepEqual(await client.command("QSTATUS", "q"), ["q total: 2 processing: 0 consumers: 0"]);
});

redisTest("A command waits for a Redis that restarts within --store-timeout", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { log });
  await using client = await connect(server.addr);
  await redis.kill();
  await client.send("QLPUSH", "q", "id", "contents");
  await redis.start();
  assert.match(`${await client.shown()}`, /^(\+OK|-UNAVAILABLE .*outcome is unknown.*)$/);
  assert.match(`${await client.command("QLPUSH", "q", "id", "contents")}`, /^(\+OK|-ERR duplicate event id)$/);
});

redisTest("A waiting client is notified of a push after Redis has restarted", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, log });
  await using consumer = await connect(server.addr);
  await using producer = await connect(server.addr);
  await consumer.command("QREGISTER", "q");
  const { reply } = await startWaiting(consumer);
  await producer.command("QSTATUS", "q"); // completes after the first check of QNOTIFY, which would fail with Redis
  await redis.restart();
  await eventually(async () => {
    assert.match(`${await producer.command("QLPUSH", "q", "id", "contents")}`, /^(\+OK|-ERR duplicate event id)$/);
  });
  assert.equal(await reply, "q");
});

redisTest("A waiting client is notified of a push whose notification was lost", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { log });
  await using consumer = await connect(server.addr);
  await using producer = await connect(server.addr);
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await consumer.command("QREGISTER", "q");
  const { reply } = await startWaiting(consumer);
  // The server subscribes again, but not before this push.
  assert.equal(await direct.command("CLIENT", "KILL", "TYPE", "pubsub"), 1);
  assert.equal(await producer.command("QLPUSH", "q", "id", "contents"), "+OK");
  assert.equal(await reply, "q");
});

redisTest("A command that changes nothing is sent again when the connection is lost before its reply", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { log });
  await using client = await connect(server.addr);
  redis.pause();
  const { reply } = await startCommand(client, "QSTATUS", "q");
  await redis.restart();
  assert.deepEqual(await reply, ["q total: 0 processing: 0 consumers: 0"]);
});

redisTest("A consumer is counted again after Redis has lost its data", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, log });
  await using client = await connect(server.addr);
  await client.command("QREGISTER", "q");
  await redis.restart();
  await eventually(async () => {
    assert.deepEqual(await client.command("QSTATUS", "q"), ["q total: 0 processing: 0 consumers: 1"]);
  });
});

redisTest("NOBLOCK pushes are kept while Redis is down, up to --max-noblock-pushes", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, maxNoblockPushes: 2, log });
  await using client = await connect(server.addr);
  await redis.kill();
  for (const id of ["1", "2"]) assert.equal(await client.command("QLPUSH", "q", id, "contents", "NOBLOCK"), "+OK");
  assert.equal(
    await client.command("QLPUSH", "q", "3", "contents", "NOBLOCK"),
    "-ERR too busy to process NOBLOCK event",
  );
  // When this command fails, those in the background have failed at least once.
  assert.match(`${await client.command("QSTATUS", "q")}`, /^-UNAVAILABLE /);
  await redis.start();
  await eventually(async () => {
    assert.deepEqual(await client.command("QSTATUS", "q"), ["q total: 2 processing: 0 consumers: 0"]);
  });
  assert.equal(await client.command("QLPUSH", "q", "3", "contents", "NOBLOCK"), "+OK");
});

redisTest("An unexpected error of the store is a server-side error without details, and is logged", async () => {
  await using redis = await startRedis();
  const lines: string[] = [];
  await using server = await serveForTest(redis.url, { log: new Log("error", (line) => lines.push(line)) });
  await using client = await connect(server.addr);
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await client.command("QLPUSH", "q", "id", "contents");
  for (const key of await direct.command("KEYS", "*") as string[]) {
    await direct.command("SET", key, "wrong type", "XX");
  }
  assert.equal(await client.command("QRPOP", "q"), "-ERR unexpected server-side error");
  assert.equal(await client.command("PING"), "+PONG");
  assert.ok(lines.some((line) => / error .*WRONGTYPE/.test(line)), lines.join(""));
  await direct.command("FLUSHALL");
  assert.equal(await client.command("QLPUSH", "q", "id", "contents"), "+OK");
});

redisTest("A Redis that is out of memory refuses pushes, and consumers can free memory", async () => {
  await using redis = await startRedis({ args: ["--maxmemory", "20mb", "--maxmemory-policy", "noeviction"] });
  await using server = await serveForTest(redis.url, { log });
  await using client = await connect(server.addr);
  const contents = "x".repeat(1_000_000);
  const push = (id: number) => client.command("QLPUSH", "q", `${id}`, contents);
  let stored = 0;
  while (await push(stored) === "+OK") stored++;
  assert.ok(stored > 1 && stored < 20, `${stored} events were stored`);
  assert.match(`${await push(stored)}`, /^-UNAVAILABLE Nothing was done: .*OOM/);
  assert.deepEqual(await client.command("QSTATUS", "q"), [`q total: ${stored} processing: 0 consumers: 0`]);
  for (const id of ["0", "1"]) {
    assert.deepEqual(await client.command("QRPOP", "q"), [id, contents]);
    assert.equal(await client.command("QACK", "q", id), 1);
  }
  assert.equal(await push(stored), "+OK");
});
