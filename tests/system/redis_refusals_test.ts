import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { redisTest, withFolder } from "../support/programs.ts";
import { isReplicaInSync, REPLICATING, sendToRedis } from "../support/redis_command.ts";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import { serveForTest } from "../support/stores.ts";
import { connect, type Wire } from "../support/wire.ts";

/** Time limit of a store call, in milliseconds. A refused command takes that long. */
const STORE_TIMEOUT_MS = 4000;

/** Makes a Redis refuse commands. Resolves to a function that ends it. */
type Refusal = (redis: RedisServer, closing: AsyncDisposableStack) => Promise<() => Promise<unknown>>;

/** Changes settings. Resolves to a function that restores the former ones. */
async function set(redis: RedisServer, settings: Record<string, string>): Promise<() => Promise<void>> {
  const before: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    before[name] = (await sendToRedis(redis, "CONFIG", "GET", name) as string[])[1];
    await sendToRedis(redis, "CONFIG", "SET", name, value);
  }
  return async () => {
    for (const [name, value] of Object.entries(before)) await sendToRedis(redis, "CONFIG", "SET", name, value);
  };
}

const REFUSALS: Record<string, Refusal> = {
  async READONLY(redis, closing) {
    const master = closing.use(await startRedis({ args: REPLICATING }));
    await sendToRedis(redis, "REPLICAOF", "127.0.0.1", `${master.port}`);
    await eventually(() => isReplicaInSync(redis));
    return () => sendToRedis(redis, "REPLICAOF", "NO", "ONE");
  },

  async MASTERDOWN(redis) {
    await set(redis, { "replica-serve-stale-data": "no" });
    await sendToRedis(redis, "REPLICAOF", "127.0.0.1", "1"); // no server listens on that port
    return () => sendToRedis(redis, "REPLICAOF", "NO", "ONE");
  },

  OOM: (redis) => set(redis, { maxmemory: "1" }),

  NOREPLICAS: (redis) => set(redis, { "min-replicas-to-write": "1" }),

  async MISCONF(redis) {
    let restore = () => Promise.resolve();
    await withFolder(async (folder) => {
      restore = await set(redis, { dir: folder, save: "3600 1" });
    });
    // The folder is gone, so no snapshot can be written.
    await sendToRedis(redis, "BGSAVE");
    await eventually(async () => assert.match(`${await sendToRedis(redis, "INFO")}`, /rdb_last_bgsave_status:err/));
    return restore;
  },

  async BUSY(redis, closing) {
    await set(redis, { "busy-reply-threshold": "10" });
    const busy = closing.use(await connect({ hostname: "127.0.0.1", port: redis.port }));
    await busy.send("EVAL", "while true do end", "0");
    return () => sendToRedis(redis, "SCRIPT", "KILL");
  },

  async NOPERM(redis) {
    await sendToRedis(redis, "ACL", "SETUSER", "default", "-@scripting", "+eval");
    return () => sendToRedis(redis, "ACL", "SETUSER", "default", "+@scripting");
  },

  async LOADING(redis) {
    const pairs = Array.from({ length: 3000 }, (_, i) => [`key-${i}`, "value"]).flat();
    await sendToRedis(redis, "MSET", ...pairs);
    await sendToRedis(redis, "BGREWRITEAOF"); // a command for each key
    await eventually(async () => assert.match(`${await sendToRedis(redis, "INFO")}`, /aof_rewrite_in_progress:0/));
    await redis.kill();
    const loading = redis.start(); // resolves when it has loaded
    return () => loading;
  },
};

/** Arguments of redis-server that some of them need. */
const ARGS: Record<string, string[]> = {
  LOADING: ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"], // 6 s and more
  MISCONF: ["--enable-protected-configs", "yes"],
};

/** What okq says when it knows the reason already. */
const KNOWN_REASONS: Record<string, string> = {
  READONLY: "|is a replica",
  MASTERDOWN: "|is a replica",
  NOPERM: "|its user default has no permission for the commands EVALSHA: run ACL SETUSER default \\+evalsha",
};

async function push(client: Wire, id: string): Promise<string> {
  return `${await client.command("QLPUSH", "q", id, "contents")}`;
}

for (const [code, refusal] of Object.entries(REFUSALS)) {
  redisTest(
    `Pushes are UNAVAILABLE while Redis answers ${code}, and work again afterwards`,
    async () => {
      await using closing = new AsyncDisposableStack();
      const redis = closing.use(await startRedis({ durable: true, args: ARGS[code] }));
      const server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, logLevel: "error" });
      closing.defer(() => server.close());
      const client = closing.use(await connect(server.addr));
      assert.equal(await push(client, "before"), "+OK");
      const end = await refusal(redis, closing);
      // okq may know already that the master has become a replica, or what permission is missing.
      const reason = `${code}${KNOWN_REASONS[code] ?? ""}`;
      const seen = new RegExp(`^-UNAVAILABLE Nothing was done: [^\\r\\n]*(${reason})[^\\r\\n]*$`);
      let id = "";
      await eventually(async () => {
        id = crypto.randomUUID();
        assert.match(await push(client, id), seen);
      });
      assert.equal(await client.command("PING"), "+PONG");
      await end();
      // The refused push was not stored, so it is no duplicate now.
      await eventually(async () => assert.equal(await push(client, id), "+OK"));
      assert.equal(await push(client, id), `-ERR duplicate event ${id}`);
    },
  );
}

redisTest("A push is UNAVAILABLE with an unknown outcome if Redis refuses WAIT after it", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url, { storeTimeoutMs: STORE_TIMEOUT_MS, storeWaitReplicas: 1 });
  await using client = await connect(server.addr);
  await sendToRedis(redis, "ACL", "SETUSER", "default", "-wait");
  assert.match(await push(client, "1"), /^-UNAVAILABLE The outcome is unknown: Redis answers NOPERM [^\r\n]*wait/);
});
