import { delay } from "../../../core/util/async.ts";
import { FaultProxy } from "../../../testing/chaos/proxy.ts";
import { assert } from "../../deps.ts";
import { serveForTest } from "../../support/stores.ts";
import { type Addr, connect, type Wire } from "../../support/wire.ts";

async function withProxy(body: (client: Wire, proxy: FaultProxy, server: Addr) => Promise<void>): Promise<void> {
  await using server = await serveForTest("sqlite::memory:");
  await using proxy = new FaultProxy(server.addr);
  await using client = await connect(proxy.addr);
  assert.equal(await client.command("PING"), "+PONG");
  await body(client, proxy, server.addr);
}

/** Whether a promise settles within `ms`. */
async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let settled = false;
  promise.finally(() => settled = true);
  await delay(ms);
  return settled;
}

Deno.test("FaultProxy.cut closes connections, and accepts new ones", () =>
  withProxy(async (client, proxy) => {
    proxy.cut();
    assert.equal(await client.closed(), "");
    await using other = await connect(proxy.addr);
    assert.equal(await other.command("PING"), "+PONG");
  }));

Deno.test("FaultProxy.cutAfter closes connections within a reply", () =>
  withProxy(async (client, proxy) => {
    const cut = proxy.cutAfter(3);
    await client.send("PING");
    await cut;
    assert.equal(await client.closed(), "+PO");
  }));

Deno.test("FaultProxy.hold keeps requests from the server until they are released", () =>
  withProxy(async (client, proxy, server) => {
    proxy.hold("requests");
    const reply = client.command("QLPUSH", "q", "id", "contents");
    assert.equal(await settlesWithin(reply, 100), false);
    await using direct = await connect(server);
    assert.equal(await direct.command("QRPEEK", "q"), null);
    proxy.release();
    assert.equal(await reply, "+OK");
  }));

Deno.test("FaultProxy.hold keeps replies from the client until they are released", () =>
  withProxy(async (client, proxy, server) => {
    proxy.hold("replies");
    const reply = client.command("QLPUSH", "q", "id", "contents");
    assert.equal(await settlesWithin(reply, 100), false);
    await using direct = await connect(server);
    assert.deepEqual(await direct.command("QRPEEK", "q"), ["id", "contents"]);
    proxy.release();
    assert.equal(await reply, "+OK");
  }));

Deno.test("FaultProxy.refuse closes new connections", () =>
  withProxy(async (_, proxy) => {
    proxy.refuse(true);
    await using refused = await connect(proxy.addr);
    assert.equal(await refused.closed(), "");
    proxy.refuse(false);
    await using accepted = await connect(proxy.addr);
    assert.equal(await accepted.command("PING"), "+PONG");
  }));
