import { serve } from "../mod.ts";
import { Log } from "../core/log.ts";
import { assert } from "./deps.ts";
import { freePort } from "./support/redis_server.ts";
import { forEachStore } from "./support/stores.ts";
import { startWaiting } from "./support/waiting.ts";
import { connect } from "./support/wire.ts";

await forEachStore((store) => {
  const listenAddr = { hostname: "127.0.0.1", port: 0 };
  const start = async () => {
    const server = await serve({ listenAddr, store: store.url, logLevel: "error" });
    return { server, [Symbol.asyncDispose]: () => server.close() };
  };
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
    const server = await serve({ listenAddr, store: store.url, logLevel: "error" });
    assert.ok(server.addr.port > 0);
    await server.close();
    await assert.rejects(connect(server.addr), Deno.errors.ConnectionRefused);
  });

  test("close ends waits with nil, and closes connections after their replies", async () => {
    await using started = await start();
    const { server } = started;
    await using waiting = await connect(server.addr);
    await using idle = await connect(server.addr);
    await waiting.command("QREGISTER", `q-${crypto.randomUUID()}`);
    const { reply } = await startWaiting(waiting);
    const closing = server.close();
    assert.equal(await reply, null);
    assert.equal(await waiting.closed(), "");
    assert.equal(await idle.closed(), "");
    await closing;
  });

  test("close may be called twice", async () => {
    await using started = await start();
    await Promise.all([started.server.close(), started.server.close()]);
  });

  test("Several servers run independently in one process", async () => {
    await using first = await start();
    await using second = await start();
    assert.notEqual(first.server.addr.port, second.server.addr.port);
    await first.server.close();
    await using client = await connect(second.server.addr);
    assert.equal(await client.command("PING"), "+PONG");
  });

  test("serve rejects if its address is taken, and leaves nothing behind", async () => {
    await using started = await start();
    const { addr } = started.server;
    await assert.rejects(
      serve({ listenAddr: addr, store: store.url, logLevel: "error" }),
      (error: Error) => error.message.includes(`${addr.port}`),
    );
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
