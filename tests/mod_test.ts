import { serve, type Server } from "../mod.ts";
import { Log } from "../core/log.ts";
import { assert } from "./deps.ts";
import { freePort } from "./redis_server.ts";
import { forEachStore } from "./stores.ts";
import { startWaiting } from "./waiting.ts";
import { connect } from "./wire.ts";

await forEachStore((store) => {
  const local = { hostname: "127.0.0.1", port: 0 };
  const start = () => serve({ listenAddr: local, store: store.url, logLevel: "error" });
  const test = (name: string, fn: () => Promise<void>) => {
    Deno.test({
      name: `${name} (${store.name})`,
      ignore: store.url === "",
      sanitizeOps: true,
      sanitizeResources: true,
      fn,
    });
  };

  test("serve and close leave nothing behind", async () => {
    const server = await start();
    assert.ok(server.addr.port > 0);
    await server.close();
    await assert.rejects(connect(server.addr), Deno.errors.ConnectionRefused);
  });

  test("close wakes who waits with nil, and closes connections after their replies", async () => {
    const server = await start();
    await using waiting = await connect(server.addr);
    await using idle = await connect(server.addr);
    await waiting.command("QREGISTER", `q-${crypto.randomUUID()}`);
    const { reply } = await startWaiting(waiting, "600");
    const closing = server.close();
    assert.equal(await reply, null);
    assert.equal(await waiting.closed(), "");
    assert.equal(await idle.closed(), "");
    await closing;
  });

  test("close may be called twice", async () => {
    const server = await start();
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });

  test("Several servers run in one process, each on its own", async () => {
    const servers: Server[] = await Promise.all([start(), start(), start()]);
    const ports = new Set(servers.map(({ addr }) => addr.port));
    assert.equal(ports.size, 3);
    await servers[0].close();
    await using client = await connect(servers[1].addr);
    assert.equal(await client.command("PING"), "+PONG");
    client.close();
    await servers[1].close();
    await servers[2].close();
  });

  test("serve rejects if its address is taken, and leaves nothing behind", async () => {
    const server = await start();
    await assert.rejects(
      serve({ listenAddr: server.addr, store: store.url, logLevel: "error" }),
      Deno.errors.AddrInUse,
    );
    await server.close();
  });
});

Deno.test({
  name: "serve rejects if it cannot reach its store, and leaves nothing behind",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    const store = `redis://127.0.0.1:${freePort()}/0`;
    const listenAddr = { hostname: "127.0.0.1", port: 0 };
    const log = new Log("silent");
    await assert.rejects(serve({ listenAddr, store, storeTimeoutMs: 300, log }), { name: "StoreUnavailable" });
  },
});
