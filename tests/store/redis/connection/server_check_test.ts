import { maxBatchBytes } from "../../../../store/redis/batching/batch.ts";
import { newClient } from "../../../../store/redis/connection/client.ts";
import type { ServerUse } from "../../../../store/redis/connection/link.ts";
import type { Key } from "../../../../store/redis/keys.ts";
import { checkServer, UnusableRedis } from "../../../../store/redis/connection/server_check.ts";
import { openRedisStore } from "../../../../store/redis/redis_store.ts";
import { queueLibrary } from "../../../../store/redis/script/queue_script.ts";
import { assert } from "../../../deps.ts";
import { hasRedis, startRedis } from "../../../support/redis_server.ts";
import { bytes, connect } from "../../../support/wire.ts";

const ignore = !hasRedis;

/** Of a link that only reads, so nothing is subscribed to. */
const USE: ServerUse = {
  server: "Redis at h:1",
  username: undefined,
  publish: "PUBLISH",
  channelPrefix: "0@",
  partition: 0,
  needs: undefined,
};
const unconnected = newClient({ host: "h", port: 1 }, { tls: false, timeoutMs: 1 });

const check = (send: (...args: Key[]) => Promise<unknown>, use: Partial<ServerUse> = {}) =>
  checkServer(send, unconnected, { ...USE, ...use });

const promises: [args: string[], expected: RegExp, grave: boolean][] = [
  [
    ["--appendonly", "yes", "--appendfsync", "always"],
    /^Redis [\d.]+: OK means on disk \(appendfsync always\)$/,
    false,
  ],
  [["--appendonly", "yes", "--appendfsync", "everysec"], /within a second \(appendfsync everysec\)$/, false],
  [["--appendonly", "yes", "--appendfsync", "no"], /when the system sees fit \(appendfsync no\)$/, false],
  [[], /WARNING: a restart of Redis loses all events$/, true],
  [["--save", "60 1"], /WARNING: a crash of Redis loses what came after its last snapshot$/, true],
  [
    ["--appendonly", "yes", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
    /WARNING: maxmemory-policy allkeys-lru destroys events when memory is full; set noeviction$/,
    true,
  ],
];

for (const [args, expected, grave] of promises) {
  Deno.test({ name: `survey says what a Redis with [${args.join(" ")}] promises`, ignore }, async () => {
    await using redis = await startRedis({ args });
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    const found = await check((...command) => direct.command(...command));
    assert.match(found.message, expected);
    assert.equal(found.isWarning, grave);
    assert.equal(found.isMaster, true);
  });
}

Deno.test({ name: "survey refuses a Redis whose limits are below what okq sends", ignore }, async () => {
  const needs = { library: queueLibrary, waits: false, argumentBytes: 2_000_000 };
  for (const name of ["proto-max-bulk-len", "client-query-buffer-limit"]) {
    await using redis = await startRedis({ args: [`--${name}`, "1999999"] });
    const client = newClient({ host: "127.0.0.1", port: redis.port }, { tls: false, timeoutMs: 60_000 });
    await client.connect();
    const found = checkServer((...args) => client.sendCommand(args), client, { ...USE, needs });
    await assert.rejects(found, (error) => {
      assert.ok(error instanceof UnusableRedis);
      assert.equal(
        error.message,
        `Cannot use Redis at h:1: its ${name} is 1999999, and okq sends up to 2000000 bytes at once: set ${name} to ` +
          "that, or lower --max-event-bytes",
      );
      return true;
    });
    client.destroy();
  }
});

Deno.test(
  { name: "RedisStore sends arguments of the length that survey asks for, and no longer ones", ignore },
  async () => {
    const maxEventBytes = 2_000_000;
    const limit = maxBatchBytes(maxEventBytes);
    const open = (url: string) => {
      const options = { timeoutMs: 60_000, report: () => {}, maxEventBytes };
      return openRedisStore(url, options, { replicas: 0, timeoutMs: 1000 });
    };
    await using tooSmall = await startRedis({ args: ["--proto-max-bulk-len", `${limit - 1}`] });
    await assert.rejects(open(tooSmall.url), UnusableRedis);
    await using redis = await startRedis({ args: ["--proto-max-bulk-len", `${limit}`] });
    const store = await open(redis.url);
    const [queue, small, large] = [bytes("q"), new Uint8Array(1000), new Uint8Array(maxEventBytes)];
    const pushes = Array.from({ length: 1023 }, (_, i) => store.push(queue, bytes(`${i}`), small, "left"));
    pushes.push(store.push(queue, new Uint8Array(1024), large, "left", { ttlMs: 1000 }));
    assert.ok((await Promise.all(pushes)).every((isNew) => isNew));
    await store.close();
  },
);

Deno.test({ name: "survey tells a replica from a master", ignore }, async () => {
  await using redis = await startRedis({ args: ["--replicaof", "127.0.0.1", "1"] });
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  assert.equal((await check((...command) => direct.command(...command))).isMaster, false);
});

Deno.test("survey refuses a Redis that is too old, and says which is not", async () => {
  const version = (version: string) => () => Promise.resolve(`# Server\r\nredis_version:${version}\r\n`);
  const refused: [version: string, use: Partial<ServerUse>, expected: RegExp][] = [
    ["6.0.16", {}, /^Cannot use Redis at h:1: it has version 6\.0\.16, and okq needs 6\.2 or later$/],
    ["6.2.14", { publish: "SPUBLISH" }, /6\.2\.14, and okq needs 7\.0 or later$/],
  ];
  for (const [old, use, expected] of refused) {
    await assert.rejects(check(version(old), use), (error) => {
      assert.ok(error instanceof UnusableRedis);
      assert.match(error.message, expected);
      return true;
    });
  }
});

Deno.test("survey does without the settings where it may not ask for them", async () => {
  const closed = (...[command]: Key[]) =>
    command === "INFO"
      ? Promise.resolve("redis_version:7.2.0\r\nrole:master\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n")
      : Promise.reject(new Error("NOPERM"));
  assert.match((await check(closed)).message, /appendfsync unknown/);
});
