import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { connect } from "../support/wire.ts";
import { startWaiting } from "../support/waiting.ts";
import { fields } from "../support/fields.ts";
import {
  badQueues,
  elsewhere,
  outOfRange,
  type Refusal,
  refuses,
  syntaxError,
  wrongArity,
} from "../support/refusals.ts";

/** More events than one step moves. */
const MANY = 2500;

await forEachStore((store) => {
  refuses(store, "QMOVE", (queue) => [
    [[queue], wrongArity("QMOVE")],
    [[queue, `${queue}:dead`, "COUNT", "1", "2"], wrongArity("QMOVE")],
    [[queue, `${queue}:dead`, "COUNT"], syntaxError("COUNT")],
    [[queue, `${queue}:dead`, "NOPE", "1"], "-ERR syntax error near 'NOPE': the only option is COUNT"],
    ...["", "x", "0", "-1", "1.5"].map((n): Refusal => [[queue, `${queue}:dead`, "COUNT", n], outOfRange("COUNT")]),
    [[queue, queue], "-ERR destination must be another queue"],
    [[queue, elsewhere(queue)], /^-ERR destination is in another partition: /],
    ...badQueues((bad) => [bad, queue]),
    ...badQueues((bad) => [queue, bad]),
  ]);

  store.test("QMOVE moves ready events, oldest first, up to COUNT, and notifies waiting clients", async (okq) => {
    const [client, consumer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    for (const id of ["1", "2", "3", "4"]) await client.command("QLPUSH", dead, id, `contents ${id}`);
    await client.command("QLPUSH", dead, "later", "contents", "DELAY", "600");
    await client.command("QRPOP", dead);
    await consumer.command("QREGISTER", queue);
    const { reply } = await startWaiting(consumer);
    assert.equal(await client.command("QMOVE", dead, queue, "count", "2"), 2);
    assert.equal(await reply, queue);
    for (const id of ["2", "3"]) assert.deepEqual(await client.command("QRPOP", queue), [id, `contents ${id}`]);
    assert.equal(await client.command("QMOVE", dead, queue), 1);
    assert.equal(await client.command("QMOVE", dead, queue), 0);
    assert.deepEqual(await client.command("QSTATUS", dead), [`${dead} total: 2 processing: 1 consumers: 0`]);
    assert.equal(await client.command("QMOVE", okq.queue() + "{t}", "{t}"), 0);
  });

  store.test("QMOVE moves the events of a group one after the other, and they join it at the destination", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, "contents", "GROUP", "a");
    await client.command("QLPUSH", queue, "other", "contents");
    assert.equal(await client.command("QMOVE", queue, dead, "COUNT", "3"), 3);
    assert.equal(await client.command("QMOVE", queue, dead), 1);
    for (const id of ["1", "other", "2", "3"]) {
      assert.deepEqual(await client.command("QRPOP", dead, "NOACK"), [id, "contents"]);
    }
  });

  store.test("QMOVE resets attempts", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    await client.command("QCONFIG", "SET", queue, "max-attempts", "1");
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, "1", "REASON", "bad luck");
    assert.equal(await client.command("QMOVE", dead, queue), 1);
    const { attempts, reason } = fields(await client.command("QGET", queue, "1"));
    assert.deepEqual([attempts, reason], [0, ""]);
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, "1");
    assert.deepEqual(await client.command("QRPEEK", dead), ["1", "contents"]);
  });

  store.test("QMOVE leaves ids that the destination holds where they are, and stops when it is full", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    for (const id of ["1", "2", "3", "4"]) await client.command("QLPUSH", dead, id, "dead");
    for (const id of ["1", "3"]) await client.command("QLPUSH", queue, id, "alive");
    assert.equal(await client.command("QMOVE", dead, queue, "COUNT", "1"), 1);
    await client.command("QCONFIG", "SET", queue, "max-length", "3");
    assert.equal(await client.command("QMOVE", dead, queue), 0);
    await client.command("QCONFIG", "RESET", queue);
    assert.equal(await client.command("QMOVE", dead, queue), 1);
    for (const id of ["1", "3"]) assert.deepEqual(await client.command("QRPOP", dead), [id, "dead"]);
    assert.equal(await client.command("QRPOP", dead), null);
    for (const id of ["1", "3"]) assert.deepEqual(await client.command("QRPOP", queue), [id, "alive"]);
    for (const id of ["2", "4"]) assert.deepEqual(await client.command("QRPOP", queue), [id, "dead"]);
  });

  store.test("QMOVE moves many events in many steps, and other clients are served in between", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    const ids = Array.from({ length: MANY }, (_, i) => `${i}`);
    for (const id of ids) await client.send("QLPUSH", dead, id, "contents");
    for (const _ of ids) assert.equal(await client.shown(), "+OK");
    await client.command("QLPUSH", queue, "0", "alive");
    await client.send("QMOVE", dead, queue);
    await client.send("QSTATUS", queue);
    assert.equal(await other.command("QLPUSH", okq.queue(), "1", "contents"), "+OK");
    assert.equal(await client.shown(), MANY - 1);
    assert.deepEqual(await client.shown(), [`${queue} total: ${MANY} processing: 0 consumers: 0`]);
    assert.deepEqual(await client.command("QLPEEK", queue), [`${MANY - 1}`, "contents"]);
    assert.deepEqual(await client.command("QSTATUS", dead), [`${dead} total: 1 processing: 0 consumers: 0`]);
  });

  store.test("QMOVE serves others in between, and ends when okq stops", async (okq) => {
    const server = await okq.serve();
    const [client, other] = [await connect(server.addr), await connect(server.addr)];
    const queue = okq.queue();
    const ids = [...Array(40_000)].map((_, i) => `${i}`);
    for (let i = 0; i < ids.length; i += 1000) {
      await Promise.all(ids.slice(i, i + 1000).map((id) => client.command("QLPUSH", queue, id, "contents")));
    }
    let moved: unknown;
    const moving = client.command("QMOVE", queue, `${queue}:dead`).then((reply) => moved = reply);
    while (await other.command("QRPEEK", `${queue}:dead`) === null);
    for (let i = 0; i < 3; i++) assert.equal(await other.command("PING"), "+PONG");
    assert.equal(moved, undefined);
    await server.close();
    await moving;
    assert.ok(Number(moved) > 0 && Number(moved) < ids.length, `moved ${moved}`);
    for (const connection of [client, other]) await connection[Symbol.asyncDispose]();
  });
});
