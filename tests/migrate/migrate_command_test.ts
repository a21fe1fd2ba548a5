import { migrateCommand, type MigrateWays } from "../../migrate/migrate_command.ts";
import { openGoOkq } from "../../migrate/go_okq.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { GoOkq } from "./go_okq.ts";
import { Program, runProgram, startServer } from "../support/process.ts";
import { redisTest, withFolder } from "../support/programs.ts";
import { startCluster } from "../support/redis_cluster.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { connect } from "../support/wire.ts";

/** Enough that a run can be killed in the middle. */
const MANY = 10_000;

redisTest("migrate moves events to a file, goes on after it was killed, and says what it did", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const go = new GoOkq(direct);
  const ids = Array.from({ length: MANY }, (_, i) => `${i}`);
  await go.do("HSET", "queue:{jobs}:items", ...ids.flatMap((id) => [id, `c-${id}`]));
  await go.do("LPUSH", "queue:{jobs}", ...ids);
  await withFolder(async (folder) => {
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const store = `sqlite:${folder}/okq.db`;
    const args = ["migrate", "--from", redis.url, "--store", store];
    {
      await using killed = new Program(args, { permissions });
      await eventually(async () => assert.ok(Number(await go.do("LLEN", "queue:{jobs}")) < MANY));
      killed.kill("SIGKILL");
    }
    assert.ok(Number(await go.do("LLEN", "queue:{jobs}")) > 0);
    const { code, stdout, stderr } = await runProgram(args, { permissions });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^queues +1\nmoved +\d+\nleft +0\n$/);
    assert.deepEqual(await go.left(), []);

    await using server = startServer(store, [], { permissions });
    await using client = await connect(await server.addr());
    assert.deepEqual(await client.command("QSTATUS", "jobs"), [`jobs total: ${MANY} processing: 0 consumers: 0`]);
    const popped = [];
    for (let i = 0; i < MANY / 1000; i++) {
      const claimed = await client.command("QCLAIM", "COUNT", "1000", "QUEUES", "jobs") as string[][];
      popped.push(...claimed.map(([, id]) => id));
    }
    assert.deepEqual(popped, ids);
  });
});

redisTest("migrate moves events of a Cluster within it, and exits with 1 if some had to stay", async () => {
  await using cluster = await startCluster();
  const [{ port }] = cluster.servers;
  await using client = await connect({ hostname: "127.0.0.1", port });
  const go = new GoOkq(client);
  // The node that was asked has a part of the slots: a few names are sure to be among them.
  const names = [];
  for (let i = 0; names.length < 3; i++) {
    if (`${await client.command("LLEN", `queue:{q${i}}`)}`.startsWith("-")) continue;
    names.push(`q${i}`);
    await go.push(`q${i}`, "1");
    await go.push(`q${i}`, "i".repeat(1025));
  }
  const { code, stdout, stderr } = await runProgram(["migrate", "--from", cluster.url, "--store", cluster.url]);
  assert.equal(code, 1, stderr);
  const name = "  3 whose ids or queues have names that no client may use";
  assert.match(stdout, new RegExp(`^queues +3\nmoved +3\nleft +3\n${name}\n$`));
  assert.deepEqual(await go.do("LRANGE", `queue:{${names[0]}}`, "0", "-1"), ["i".repeat(1025)]);
});

/** As `server.ts` has them, but for a shorter look. */
const WAYS: MigrateWays = {
  openStore: () => openSqliteStore(":memory:"),
  openFormer: (url, { storeTimeoutMs }) => openGoOkq(url, { timeoutMs: storeTimeoutMs, report: () => {} }),
  showProgress: () => () => Promise.resolve(),
  options: { maxQueueBytes: 512, maxIdBytes: 1024, watchMs: 1 },
};

redisTest("migrate refuses while the old okq is in use, or what is not of an okq", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const go = new GoOkq(direct);
  await go.push("jobs", "1");
  await go.register("jobs", "consumer");
  const args = ["--from", redis.url];
  const used = /^Cannot move while the old okq is in use: queue:\{jobs\}:consumers [^\n]+; then run this again$/;
  await assert.rejects(migrateCommand(args, WAYS), { message: used });
  assert.equal(await go.do("LLEN", "queue:{jobs}"), 1);

  await go.do("DEL", "queue:{jobs}:consumers");
  await go.do("SET", "queue:{other}", "a string");
  const strange = /^Cannot move the queue of queue:\{other\}: [^\n]+; rename or delete them$/;
  await assert.rejects(migrateCommand(args, WAYS), { message: strange });
  await go.do("DEL", "queue:{other}");
  let line = () => "";
  const showProgress = (text: () => string) => {
    line = text;
    return () => Promise.resolve();
  };
  const { text, ok } = await migrateCommand([`--from=${redis.url}`], { ...WAYS, showProgress });
  assert.equal(line(), `[${"#".repeat(30)}] 1 of 1 events, 0 s left`);
  assert.deepEqual([text.replaceAll(/ +/g, " "), ok], ["queues 1\nmoved 1\nleft 0", true]);
});

Deno.test("migrate says in one line what is wrong with its arguments", async () => {
  for (const args of [[], ["--from"], ["--from", "sqlite:okq.db"], ["--from", "http://h"]]) {
    const message = /^Cannot move: say with --from redis:[^\n]+$/;
    await assert.rejects(migrateCommand(args, WAYS), { name: "ConfigError", message });
  }
  const message = /^Cannot use "--nope": [^\n]+$/;
  await assert.rejects(migrateCommand(["--from=redis://h", "--nope"], WAYS), { name: "ConfigError", message });
});

Deno.test("migrate says where it found no Redis", async () => {
  const args = ["--from", `redis://127.0.0.1:${freePort()}`, "--store-timeout", "0.1"];
  const message =
    /^Moving was cut off: Redis at 127\.0\.0\.1:\d+ cannot be reached: [^\n]+; nothing is lost, run this again$/;
  await assert.rejects(migrateCommand(args, WAYS), { message });
});
