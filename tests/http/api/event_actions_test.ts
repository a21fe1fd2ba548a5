import { assert } from "../../deps.ts";
import { connect } from "../../support/wire.ts";
import { forEachStore } from "../../support/stores.ts";
import { httpUrl } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

await forEachStore(({ test }) => {
  test("Actions do the same as their commands", async (okq) => {
    const server = await okq.serve(HTTP);
    const [page, client] = [new PageClient(httpUrl(server)), await connect(server.addr)];
    const queue = okq.queue();
    const binary = "\x00\xff\r\n";
    assert.deepEqual(await page.act("push", { queue, id: binary, contents: "\xfe" }), [200, 1]);
    assert.deepEqual(await page.act("push", { queue, id: binary, contents: "" }), [
      409,
      "The queue already holds an event with this id",
    ]);
    assert.deepEqual(await page.act("push", { queue, id: "first", contents: "", side: "right" }), [200, 1]);
    assert.deepEqual(await page.act("push", { queue, id: "later", contents: "", delayMs: 600_000 }), [200, 1]);
    assert.deepEqual(await client.command("QRPOP", queue), ["first", ""]);
    assert.deepEqual(await page.act("nack", { queue, id: "first", reason: "odd" }), [200, 1]);
    assert.deepEqual(await page.act("nack", { queue, id: "first" }), [200, 0]);
    assert.equal((await page.get("event", { queue, id: "first" })).value.reason, "odd");
    assert.deepEqual(await page.act("ack", { queue, id: "first" }), [200, 1]);
    assert.deepEqual(await page.act("ack", { queue, id: "first" }), [200, 0]);
    assert.deepEqual(await page.act("pause", { queue, durationMs: 0 }), [200, 1]);
    assert.equal(await client.command("QRPOP", queue), null);
    assert.deepEqual(await page.act("resume", { queue }), [200, 1]);
    assert.deepEqual(await client.command("QRPOP", queue), [binary, "\xfe"]);
    assert.deepEqual(await page.act("flush", { queue }), [200, 2]);
    assert.equal(await client.command("QRPOP", queue), null);
    await client[Symbol.asyncDispose]();
  });

  test("bury moves an event in any state to the dead queue, and move replays the dead queue", async (okq) => {
    const server = await okq.serve(HTTP);
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    for (const id of ["leased", "ready"]) await client.command("QLPUSH", queue, id, `contents of ${id}`);
    await client.command("QLPUSH", queue, "delayed", "contents of delayed", "DELAY", "600");
    await client.command("QRPOP", queue);
    for (const id of ["ready", "leased", "delayed"]) assert.deepEqual(await page.act("bury", { queue, id }), [200, 1]);
    assert.deepEqual(await page.act("bury", { queue, id: "ready" }), [200, 0]);
    assert.equal((await page.get("queue", { queue })).value.total, 0);
    assert.equal((await page.get("queue", { queue: dead })).value.ready, 3);
    assert.deepEqual(await page.act("move", { queue: dead, destination: queue, count: 2 }), [200, 2]);
    assert.deepEqual(await client.command("QRPOP", queue), ["ready", "contents of ready"]);
    assert.deepEqual(await page.act("move", { queue: dead, destination: queue }), [200, 1]);
    assert.deepEqual(await client.command("QRPOP", queue), ["leased", "contents of leased"]);
    assert.deepEqual(await client.command("QRPOP", queue), ["delayed", "contents of delayed"]);
  });

  test("bury refuses an id that the dead queue holds", async (okq) => {
    const server = await okq.serve(HTTP);
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    await client.command("QLPUSH", queue, "id", "one");
    await client.command("QLPUSH", dead, "id", "another");
    assert.deepEqual(await page.act("bury", { queue, id: "id" }), [
      409,
      "The dead queue holds another event with this id",
    ]);
    assert.deepEqual((await page.get("event", { queue, id: "id" })).value.contents, "one");
    await client.command("QFLUSH", dead);
    assert.deepEqual(await page.act("bury", { queue, id: "id" }), [200, 1]);
    assert.equal((await page.get("queue", { queue: dead })).value.ready, 1);
  });

  test("bury moves an event in one step, with its attempts and reason, also to a full dead queue", async (okq) => {
    const server = await okq.serve(HTTP);
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    await client.command("QCONFIG", "SET", dead, "max-length", "1");
    await client.command("QLPUSH", dead, "other", "");
    await client.command("QLPUSH", queue, "id", "");
    await client.command("QRPOP", queue);
    assert.deepEqual(await page.act("nack", { queue, id: "id", reason: "odd" }), [200, 1]);
    assert.deepEqual(await page.act("bury", { queue, id: "id" }), [200, 1]);
    const { attempts, reason, state } = (await page.get("event", { queue: dead, id: "id" })).value;
    assert.deepEqual({ attempts, reason, state }, { attempts: 1, reason: "odd", state: "ready" });
  });

  test("Refused actions and requests have a reason", async (okq) => {
    const server = await okq.serve(HTTP);
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const queue = okq.queue();
    assert.deepEqual(await page.act("move", { queue, destination: queue }), [
      400,
      "The destination must be another queue",
    ]);
    const [status, reason] = await page.act("move", { queue, destination: `elsewhere-${crypto.randomUUID()}{x}` });
    assert.deepEqual([status, String(reason).startsWith("The destination must be the queue's dead queue")], [
      400,
      true,
    ]);
    await client.command("QCONFIG", "SET", queue, "max-length", "1");
    await client.command("QLPUSH", queue, "id", "");
    assert.deepEqual(await page.act("push", { queue, id: "other", contents: "" }), [409, "The queue is full"]);
    const { status: missing, value } = await page.get("event", { queue, id: "other" });
    assert.deepEqual([missing, value.error], [404, "The queue does not hold this event"]);
  });
});
