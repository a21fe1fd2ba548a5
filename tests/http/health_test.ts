import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { httpTest, httpUrl, rawRequest } from "../support/http.ts";
import { redisTest } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { serveForTest } from "../support/stores.ts";

httpTest("/healthz and /readyz answer ok for any host", async (url, server) => {
  for (const path of ["/healthz", "/readyz"]) {
    const response = await fetch(url + path);
    assert.deepEqual([response.status, await response.text()], [200, "ok\n"]);
    assert.match(await rawRequest(server, [`GET ${path} HTTP/1.1`, "Host: okq.namespace.svc"]), /^HTTP\/1\.1 200 /);
  }
});

httpTest("/healthz and /readyz need no login", async (url) => {
  for (const path of ["/healthz", "/readyz"]) assert.equal(await (await fetch(url + path)).text(), "ok\n");
}, { requirepass: "secret" });

redisTest("/readyz follows the state of the store, /healthz does not", async () => {
  await using redis = await startRedis();
  const httpAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serveForTest(redis.url, { httpAddr, storeTimeoutMs: 4000 });
  const get = async (path: string) => {
    const response = await fetch(httpUrl(server) + path);
    return [response.status, await response.text()];
  };
  try {
    assert.deepEqual(await get("/readyz"), [200, "ok\n"]);
    await redis.kill();
    assert.deepEqual(await get("/readyz"), [503, "the store does not answer\n"]);
    assert.deepEqual(await get("/healthz"), [200, "ok\n"]);
    await redis.start();
    await eventually(async () => assert.deepEqual(await get("/readyz"), [200, "ok\n"]));
  } finally {
    await server.close();
  }
});
