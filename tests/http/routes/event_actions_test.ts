import { assert } from "../../deps.ts";
import { call, httpUrl, refused } from "../../support/http.ts";
import { forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

await forEachStore((store) => {
  store.test("Several events are acknowledged, or moved, by their ids", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const dead = `${queue}:dead`;
    for (const id of ["1", "2", "3", "4", Uint8Array.of(255)]) await client.command("QLPUSH", dead, id, "contents");
    await client.command("QLPUSH", dead, "later", "contents", "DELAY", "600");
    await client.command("QLPUSH", queue, "3", "another");
    const act = async (action: string, body: unknown) => {
      const { status, value } = await call(url, `POST /queues/${dead}/events:${action}`, { body });
      return [status, value.changed ?? value.error];
    };
    assert.deepEqual(await act("move", { to: queue, ids: ["1", "later", "3", "none"] }), [200, 2]);
    assert.deepEqual(await client.command("QRPEEK", queue), ["3", "another"]);
    assert.deepEqual(await act("move", { to: queue, ids: ["none"] }), [200, 0]);
    assert.deepEqual(await act("move", { to: queue, ids: ["3"] }), [409, `${queue} holds these ids`]);
    assert.deepEqual(await act("ack", { ids: ["2", "none", { base64: "/w==" }] }), [200, 2]);
    await client.command("QCONFIG", "SET", queue, "max-length", "1");
    assert.deepEqual(await act("move", { to: queue, ids: ["4"] }), [429, "queue full"]);
    assert.deepEqual(await act("move", { to: dead, ids: ["4"] }), [400, "to must be another queue"]);
    const elsewhere = await act("move", { to: `${crypto.randomUUID()}{x}`, ids: ["4"] });
    assert.match(`${elsewhere}`, /^400,to is in another partition: /);
    const oneTo250 = "ids must be an array of 1 to 250";
    for (const ids of [[], "1", null, Array(251).fill("1")]) {
      assert.deepEqual(await act("ack", { ids }), [400, oneTo250]);
    }
    assert.deepEqual(await act("ack", { ids: [1] }), [
      400,
      "an id must be a string, or an object with the member base64",
    ]);
    assert.deepEqual(await act("ack", { ids: [""] }), [400, "event id must be 1 to 1024 bytes long"]);
    assert.deepEqual(await act("ack", { ids: ["4"], to: queue }), [
      400,
      "unknown member 'to' in the request body: it may have ids",
    ]);
    assert.deepEqual(await act("ack", []), [400, "the request body must be a JSON object"]);
    assert.deepEqual(await client.command("QSTATUS", dead), [`${dead} total: 2 processing: 0 consumers: 0`]);
  }, HTTP);

  store.test("Events whose delays end by their ids become ready", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "x", "DELAY", "600");
    await client.command("QLPUSH", queue, "3", "x");
    const { value } = await call(url, `POST /queues/${queue}/events:retry`, { body: { ids: ["2", "3", "none"] } });
    assert.deepEqual(value, { changed: 1 });
    await client.command("QACK", queue, "3");
    const claim = await call(url, `POST /queues/${queue}/claims?wait=60`);
    assert.equal(claim.value.events[0].id, "2");
    assert.equal((await call(url, `GET /queues/${queue}/events/1`)).value.state, "delayed");
  }, HTTP);

  store.test("An event in any state is buried with its attempts and reason, also in a full dead queue", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const dead = `${queue}:dead`;
    const bury = (id: string) => call(url, `POST /queues/${queue}/events/${id}:bury`);
    for (const id of ["leased", "ready", "twice"]) await client.command("QLPUSH", queue, id, `contents of ${id}`);
    await client.command("QLPUSH", queue, "delayed", "contents of delayed", "DELAY", "600");
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, "leased", "REASON", "odd");
    await client.command("QRPOP", queue);
    await client.command("QLPUSH", dead, "twice", "another");
    await client.command("QCONFIG", "SET", dead, "max-length", "1");
    for (const id of ["ready", "leased", "delayed"]) assert.deepEqual((await bury(id)).value, { changed: 1 });
    const { attempts, reason, state } = (await call(url, `GET /queues/${dead}/events/leased`)).value;
    assert.deepEqual({ attempts, reason, state }, { attempts: 2, reason: "odd", state: "ready" });
    await refused(url, `POST /queues/${queue}/events/ready:bury`, 404, "the queue does not hold event ready");
    await refused(url, `POST /queues/${queue}/events/twice:bury`, 409, `${dead} holds this id`);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
  }, HTTP);
});
