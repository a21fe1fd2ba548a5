import { openLink } from "../../../../store/redis/connection/connect.ts";
import { queueKeys } from "../../../../store/redis/keys.ts";
import { openRedisStore } from "../../../../store/redis/redis_store.ts";
import { Library } from "../../../../store/redis/script/library.ts";
import { queueLibrary } from "../../../../store/redis/script/queue_script.ts";
import type { Store } from "../../../../store/store.ts";
import { Buffer } from "../../../../deps.ts";
import { assert } from "../../../deps.ts";
import { eventually } from "../../../support/eventually.ts";
import { redisTest } from "../../../support/programs.ts";
import { startCluster } from "../../../support/redis_cluster.ts";
import { type RedisAddr, sendToRedis } from "../../../support/redis_command.ts";
import { startSentinelRedis } from "../../../support/redis_sentinel.ts";
import { startRedis } from "../../../support/redis_server.ts";
import { bytes, newQueue, push } from "../../contract/suite.ts";

const open = (url: string): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });

/** Pushes, and returns the command by which it was done. */
async function commandOfPush(redis: RedisAddr, store: Store, queue: Uint8Array = newQueue()): Promise<string> {
  await sendToRedis(redis, "CONFIG", "RESETSTAT");
  await push(store, queue, crypto.randomUUID());
  const stats = [...`${await sendToRedis(redis, "INFO", "commandstats")}`.matchAll(
    /^cmdstat_(fcall|evalsha|eval):calls=\d+,.*rejected_calls=0,failed_calls=0/gm,
  )];
  return stats.map(([, command]) => command).join(" ");
}

const librariesIn = async (redis: RedisAddr): Promise<string[]> =>
  (await sendToRedis(redis, "FUNCTION", "LIST") as string[][]).map(([, name]) => name).sort();

redisTest("The store calls its library by FCALL, and says so", async () => {
  await using redis = await startRedis();
  const store = await open(redis.url);
  assert.match(store.durability, /^Redis \S+ called by FCALL: OK means /);
  assert.equal(await commandOfPush(redis, store), "fcall");
  assert.deepEqual(await librariesIn(redis), [queueLibrary.name]);
  await store.close();
});

redisTest("A user who may not call functions or load them runs the script by EVALSHA", async () => {
  await using redis = await startRedis();
  const url = redis.url.replace("//", "//okq:p@");
  await sendToRedis(redis, "ACL", "SETUSER", "okq", "on", ">p", "~okq:*", "&*", "+@all");
  for (const [rules, command] of [["-fcall", "EVALSHA"], ["+fcall -function|load", "EVALSHA"], ["+fcall", "FCALL"]]) {
    await sendToRedis(redis, "FUNCTION", "FLUSH");
    // A library that another has loaded can be called.
    if (command === "FCALL") await sendToRedis(redis, "FUNCTION", "LOAD", queueLibrary.source);
    await sendToRedis(redis, "ACL", "SETUSER", "okq", ...rules.split(" "));
    const store = await open(url);
    assert.match(store.durability, new RegExp(`^Redis \\S+ called by ${command}: OK means `), rules);
    await push(store, newQueue(), "1"); // from now on Redis has the script
    assert.equal(await commandOfPush(redis, store), command.toLowerCase(), rules);
    await store.close();
  }
});

redisTest("A store whose user loses and regains the permission for functions goes on", async () => {
  await using redis = await startRedis();
  const store = await open(redis.url);
  const queue = newQueue();
  await push(store, queue, "1");
  await sendToRedis(redis, "ACL", "SETUSER", "default", "-fcall");
  await push(store, queue, "2");
  await eventually(async () => assert.equal(await commandOfPush(redis, store), "evalsha"));
  await sendToRedis(redis, "ACL", "SETUSER", "default", "+fcall", "-function|load");
  await sendToRedis(redis, "FUNCTION", "FLUSH");
  await push(store, queue, "3");
  await sendToRedis(redis, "ACL", "SETUSER", "default", "+@all");
  await sendToRedis(redis, "CLIENT", "KILL", "TYPE", "normal"); // a new connection is checked anew
  await eventually(async () => assert.equal(await commandOfPush(redis, store), "fcall"));
  assert.equal(await store.ready(queue), 3);
  await store.close();
});

redisTest("A store whose user loses the permission for functions asks for no more of them", async () => {
  await using redis = await startRedis();
  const store = await open(redis.url);
  await sendToRedis(redis, "ACL", "SETUSER", "default", "-fcall");
  await eventually(async () => {
    await commandOfPush(redis, store);
    assert.doesNotMatch(`${await sendToRedis(redis, "INFO", "commandstats")}`, /^cmdstat_fcall:/m);
  });
  await store.close();
});

redisTest("The library is loaded again after FUNCTION FLUSH, and after a restart that loses it", async () => {
  await using redis = await startRedis();
  const store = await open(redis.url);
  await push(store, newQueue(), "1");
  await sendToRedis(redis, "FUNCTION", "FLUSH");
  await push(store, newQueue(), "1");
  assert.equal(await commandOfPush(redis, store), "fcall");
  await redis.restart();
  assert.deepEqual(await librariesIn(redis), []);
  await push(store, newQueue(), "1");
  assert.equal(await commandOfPush(redis, store), "fcall");
  await store.close();
});

redisTest("Batches on their way when the library is lost are done in their order", async () => {
  await using redis = await startRedis();
  const store = await open(redis.url);
  const queue = newQueue();
  const pushes: Promise<boolean>[] = [];
  const flushes: Promise<unknown>[] = [];
  for (let i = 0; i < 3000; i++) {
    pushes.push(store.push(queue, bytes(`${i}`), bytes(""), "left"));
    if (i % 30 === 29) await new Promise((resolve) => setTimeout(resolve));
    if (i % 300 === 299) flushes.push(sendToRedis(redis, "FUNCTION", "FLUSH"), sendToRedis(redis, "SCRIPT", "FLUSH"));
  }
  assert.ok((await Promise.all(pushes)).every((isNew) => isNew));
  await Promise.all(flushes);
  const ids: string[] = [];
  for (let event; (event = await store.pop(queue, 0)) !== null;) ids.push(new TextDecoder().decode(event.id));
  assert.deepEqual(ids, Array.from({ length: 3000 }, (_, i) => `${i}`));
  await store.close();
});

redisTest("A replica that is promoted has the library", async () => {
  await using redis = await startSentinelRedis();
  const store = await open(redis.url);
  await push(store, newQueue(), "1");
  const old = (await redis.master())!;
  await old.kill();
  const master = await redis.waitForFailover(old);
  assert.deepEqual(await librariesIn(master), [queueLibrary.name]);
  await push(store, newQueue(), "1");
  assert.equal(await commandOfPush(master, store), "fcall");
  await store.close();
});

redisTest("Each master of a Cluster gets the library, also after it has lost it", async () => {
  await using cluster = await startCluster();
  const store = await open(cluster.url);
  assert.match(store.durability, /^Redis \S+ called by FCALL: OK means /);
  for (const server of cluster.servers) {
    assert.deepEqual(await librariesIn(server), [queueLibrary.name]);
    await cluster.send(server, "FUNCTION", "FLUSH");
  }
  const queues = Array.from({ length: 64 }, (_, i) => Uint8Array.of(0xff, i, 0x0d, 0x0a));
  for (const queue of queues) await push(store, queue, "1");
  for (const server of cluster.servers) {
    assert.deepEqual(await librariesIn(server), [queueLibrary.name]);
    await cluster.send(server, "CONFIG", "RESETSTAT");
  }
  for (const queue of queues) assert.equal((await store.pop(queue, 0))?.id.length, 1);
  for (const server of cluster.servers) {
    const stats = `${await cluster.send(server, "INFO", "commandstats")}`;
    assert.match(stats, /^cmdstat_fcall:/m);
    assert.doesNotMatch(stats, /^cmdstat_eval/m);
  }
  await store.close();
});

redisTest("The libraries of two versions of okq work side by side", async () => {
  await using redis = await startRedis();
  const name = "okq_other";
  const other = new Library(name, queueLibrary.source.replaceAll(queueLibrary.name, name), "");
  const needs = { library: other, waits: false, argumentBytes: 0 };
  const link = await openLink(redis.url, { timeoutMs: 60_000, report: () => {} }, needs);
  const store = await open(redis.url);
  assert.deepEqual(await librariesIn(redis), [queueLibrary.name, name].sort());
  const noOperations = [new Uint8Array([0x90]), "0@", "PUBLISH", "other", "0", "0", "0", "0"].map((arg) =>
    Buffer.from(arg)
  );
  const keys = queueKeys(newQueue());
  await other.call(link, String(keys[0]), keys, noOperations);
  assert.equal(await commandOfPush(redis, store), "fcall");
  await store.close();
  link.close();
});
