import type { ServeOptions } from "../../server.ts";
import { assert } from "../deps.ts";
import { fields } from "../support/fields.ts";
import { sendToRedis } from "../support/redis_command.ts";
import { startRedis } from "../support/redis_server.ts";
import { testWithFile } from "../support/sqlite_file.ts";
import { forEachStore, forRedis, serveForTest } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";
import { writeUsers } from "../support/users.ts";
import { connect, latin1 } from "../support/wire.ts";

/** What a client of a server with these settings gets of CONFIG GET. */
async function configOf(store: string, options: ServeOptions, login: string[], ...patterns: string[]) {
  const server = await serveForTest(store, options);
  try {
    await using client = await connect(server.addr);
    if (login.length > 0) assert.equal(await client.command("AUTH", ...login), "+OK");
    return fields(await client.command("CONFIG", "GET", ...patterns));
  } finally {
    await server.close();
  }
}

await forEachStore((store) => {
  refuses(store, "CONFIG", () => [
    [[], wrongArity("CONFIG")],
    [["GET"], "-ERR wrong number of arguments for 'config|get' command"],
    [["SET", "save", ""], "-ERR unknown subcommand 'SET'. Try CONFIG HELP."],
  ]);

  store.test("CONFIG GET returns the options that match a pattern, by their names without --", async (okq) => {
    const client = await okq.connect();
    const get = async (...patterns: string[]) => fields(await client.command("CONFIG", "GET", ...patterns));
    assert.deepEqual(await get("max-event-bytes"), { "max-event-bytes": "1000" });
    assert.deepEqual(await get("SLOW*", "store-tim[a-z]out", "max-event-bytes"), {
      "max-event-bytes": "1000",
      "slowlog-threshold": "0.25",
      "store-timeout": "30",
    });
    assert.deepEqual(await get("nope", "max-event-byte", ""), {});
    const all = await get("*");
    assert.equal(all.store, okq.url);
    assert.deepEqual([all["listen-addr"], all["http-addr"], all.insecure], ["127.0.0.1:0", "", "no"]);
    await client.command("HELLO", "3");
    assert.deepEqual(await client.command("config", "get", "log-level"), new Map([["log-level", "error"]]));
  }, { maxEventBytes: 1000, slowlogThresholdMs: 250, storeTimeoutMs: 30_000 });

  store.test("CONFIG GET never returns a password or the name of a file with secrets", async (okq) => {
    const secret = `${crypto.randomUUID()}`;
    const all = await configOf(okq.url, { requirepass: secret }, [secret], "*");
    assert.ok(!JSON.stringify(all).includes(secret));
    assert.ok("tls-cert" in all);
    for (const name of ["requirepass", "requirepass-file", "users", "tls-key"]) assert.ok(!(name in all), name);
  });

  store.test("CONFIG GET returns only save and appendonly to a user without the admin role", async (okq) => {
    const path = await Deno.makeTempFile();
    await writeUsers(path, ["ann", "pw", "produce,consume,inspect *"], ["boss", "pw", "admin *"]);
    assert.deepEqual(Object.keys(await configOf(okq.url, { users: path }, ["ann", "pw"], "*")), ["save", "appendonly"]);
    assert.equal((await configOf(okq.url, { users: path }, ["boss", "pw"], "*")).store, okq.url);
    await Deno.remove(path);
  });

  store.test("CONFIG GET returns an empty save, and appendonly no for a store in memory", async (okq) => {
    const client = await okq.connect();
    const reply = await client.command("CONFIG", "GET", "save", "appendonly");
    assert.deepEqual(reply, ["save", "", "appendonly", "no"]);
  });
});

testWithFile("CONFIG GET returns appendonly yes for a file of SQLite", async (path) => {
  assert.deepEqual(await configOf(`sqlite:${path}`, {}, [], "appendonly"), { appendonly: "yes" });
});

await forRedis((store) => {
  store.test("CONFIG GET returns appendonly yes for a Redis with an append-only file, and hides its password", async () => {
    await using redis = await startRedis({ durable: true });
    await sendToRedis(redis, "CONFIG", "SET", "requirepass", "p:w@d");
    const url = redis.url.replace("redis://", "redis://:p%3Aw%40d@");
    const reply = await configOf(url, {}, [], "appendonly", "store");
    assert.deepEqual(reply, {
      store: redis.url.replace("redis://", `redis://:${latin1(new TextEncoder().encode("…"))}@`),
      appendonly: "yes",
    });
  });
});
