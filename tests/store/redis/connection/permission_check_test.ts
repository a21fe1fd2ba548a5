import permissionCheck from "../../../../store/redis/connection/permission_check.lua" with { type: "text" };
import deadInstances from "../../../../store/redis/script/dead_instances.lua" with { type: "text" };
import { QUEUE_SOURCE } from "../../../../store/redis/script/queue_script.ts";
import { openRedisStore } from "../../../../store/redis/redis_store.ts";
import { assert } from "../../../deps.ts";
import { redisTest } from "../../../support/programs.ts";
import { startCluster } from "../../../support/redis_cluster.ts";
import { sendToRedis } from "../../../support/redis_command.ts";
import { startRedis } from "../../../support/redis_server.ts";

const open = (url: string, replicas = 0) =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas, timeoutMs: 1000 });

/** The commands in a script: its words in capitals that Redis knows as commands. */
async function commandsIn(port: number, source: string): Promise<string[]> {
  const words = [...new Set([...source.matchAll(/'([A-Z]+)'/g)].map(([, word]) => word))];
  const known = await sendToRedis({ port }, "COMMAND", "INFO", ...words) as unknown[];
  return words.filter((_, i) => known[i] !== null).sort();
}

redisTest("The check of permissions runs every command that the scripts call, and no other", async () => {
  await using redis = await startRedis();
  const called = await commandsIn(
    redis.port,
    QUEUE_SOURCE + deadInstances + "'PUBLISH' 'SET' 'GET' 'GETRANGE' 'SSCAN'",
  );
  const checked = await commandsIn(redis.port, permissionCheck + "'PUBLISH' 'SPUBLISH'");
  assert.deepEqual(checked.filter((name) => name !== "SPUBLISH"), called.filter((name) => name !== "SPUBLISH"));
});

redisTest("A Redis that lacks a permission is refused with what is missing, and the rules that allow it", async () => {
  const refused: [rules: string, missing: string, allowing: string][] = [
    ["~okq:* resetchannels +@all", "the channels 0@okq:*", "&0@okq:*"],
    ["~other:* &* +@all", "the keys okq:*", "~okq:*"],
    ["~okq:* &* +@all -zadd -hset", "the commands HSET, ZADD", "+hset +zadd"],
    ["~okq:* resetchannels +@all -zadd", "the commands ZADD, the channels 0@okq:*", "+zadd &0@okq:*"],
    ["~okq:* &* +@all -eval", "the commands EVAL", "+eval"],
    ["~okq:* &* +@all -evalsha", "the commands EVALSHA", "+evalsha"],
    ["~okq:* &* +@all -subscribe", "the commands SUBSCRIBE", "+subscribe"],
    ["~okq:* &* +@all -info", "the commands INFO", "+info"],
    ["~okq:* &* +@all -wait", "the commands WAIT", "+wait"],
  ];
  for (const [rules, missing, allowing] of refused) {
    await using redis = await startRedis();
    await sendToRedis(redis, "ACL", "SETUSER", "okq", "on", ">p", ...rules.split(" "));
    const url = `redis://okq:p@127.0.0.1:${redis.port}`;
    await assert.rejects(open(url, 1), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(
        error.message,
        `Cannot use Redis at 127.0.0.1:${redis.port}: its user okq has no permission for ${missing}: ` +
          `run ACL SETUSER okq ${allowing}`,
      );
      return true;
    });
    assert.deepEqual(await sendToRedis(redis, "KEYS", "*"), []);
    await sendToRedis(redis, "ACL", "SETUSER", "okq", ...allowing.split(" "));
    await (await open(url, 1)).close();
  }
});

redisTest("A Redis with renamed commands is refused with their names", async () => {
  await using redis = await startRedis({
    args: ["--rename-command", "ZADD", "", "--rename-command", "EXISTS", "secret"],
  });
  await assert.rejects(
    open(redis.url),
    /: Cannot use Redis at [^ ]+: it does not know EXISTS, ZADD: remove their rename-command$/,
  );
});

redisTest("A Redis without okq's permissions can be read", async () => {
  await using redis = await startRedis();
  await (await open(redis.url)).close();
  await sendToRedis(redis, "ACL", "SETUSER", "reader", "on", ">p", "~okq:*", "+@read", "+@scripting", "+@connection");
  await sendToRedis(redis, "ACL", "SETUSER", "reader", "+info");
  const url = `redis://reader:p@127.0.0.1:${redis.port}`;
  const options = { timeoutMs: 60_000, report: () => {}, readOnly: true };
  const store = await openRedisStore(url, options, { replicas: 0, timeoutMs: 1000 });
  assert.equal((await store.check()).events, 0);
  await store.close();
});

redisTest("A Cluster is refused if one of its masters lacks a permission", async () => {
  await using cluster = await startCluster();
  for (const server of cluster.servers) {
    await cluster.send(server, "ACL", "SETUSER", "okq", "on", ">p", "~okq:*", "&*", "+@all");
  }
  const url = cluster.url.replace("//", "//okq:p@");
  await (await open(url)).close();
  const [first] = cluster.servers;
  await cluster.send(first, "ACL", "SETUSER", "okq", "resetchannels");
  await assert.rejects(open(url), (error) => {
    assert.ok(error instanceof Error);
    assert.equal(
      error.message,
      `Cannot use the Redis Cluster node 127.0.0.1:${first.port}: its user okq has no permission for the channels ` +
        "okq:*: run ACL SETUSER okq &okq:*",
    );
    return true;
  });
});
