import { Relay } from "../../../testing/chaos/proxy.ts";
import { assert } from "../../deps.ts";
import { serveForTest } from "../../support/stores.ts";
import { type Addr, connect, type Wire } from "../../support/wire.ts";

async function withRelay(body: (client: Wire, relay: Relay, server: Addr) => Promise<void>): Promise<void> {
  const server = await serveForTest("sqlite::memory:");
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using relay = new Relay(server.addr);
  await using client = await connect(relay.addr);
  assert.equal(await client.command("PING"), "+PONG");
  await body(client, relay, server.addr);
}

/** Whether a promise is settled already. */
async function isSettled(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let settled = false;
  promise.finally(() => settled = true);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return settled;
}

Deno.test("Relay.cut ends connections, and new ones are taken", () =>
  withRelay(async (client, relay) => {
    relay.cut();
    assert.equal(await client.closed(), "");
    await using other = await connect(relay.addr);
    assert.equal(await other.command("PING"), "+PONG");
  }));

Deno.test("Relay.cutAfter ends connections in the middle of a reply", () =>
  withRelay(async (client, relay) => {
    const cut = relay.cutAfter(3);
    await client.send("PING");
    await cut;
    assert.equal(await client.closed(), "+PO");
  }));

Deno.test("Relay.hold keeps requests from the server until they are released", () =>
  withRelay(async (client, relay, server) => {
    relay.hold("requests");
    const reply = client.command("QLPUSH", "q", "id", "contents");
    assert.equal(await isSettled(reply, 100), false);
    await using direct = await connect(server);
    assert.equal(await direct.command("QRPEEK", "q"), null);
    relay.release();
    assert.equal(await reply, "+OK");
  }));

Deno.test("Relay.hold keeps replies from the client, of what the server has done", () =>
  withRelay(async (client, relay, server) => {
    relay.hold("replies");
    const reply = client.command("QLPUSH", "q", "id", "contents");
    assert.equal(await isSettled(reply, 100), false);
    await using direct = await connect(server);
    assert.deepEqual(await direct.command("QRPEEK", "q"), ["id", "contents"]);
    relay.release();
    assert.equal(await reply, "+OK");
  }));

Deno.test("Relay.refuse turns new connections away", () =>
  withRelay(async (_, relay) => {
    relay.refuse(true);
    await using refused = await connect(relay.addr);
    assert.equal(await refused.closed(), "");
    relay.refuse(false);
    await using taken = await connect(relay.addr);
    assert.equal(await taken.command("PING"), "+PONG");
  }));
