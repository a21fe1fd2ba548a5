import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { badIds, badQueues, refuses, syntaxError, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QACK", (queue) => [
    [[], wrongArity("QACK")],
    [[queue], wrongArity("QACK")],
    [[queue, "id", "REDO", "RECEIPT", "r", "REDO"], wrongArity("QACK")],
    [[queue, "id", "REDO", "REDO"], syntaxError("REDO")],
    [[queue, "id", "RECEIPT"], syntaxError("RECEIPT")],
    [[queue, "id", "UNDO"], syntaxError("UNDO")],
    [[queue, "id", ""], syntaxError("")],
    ...badQueues((queue) => [queue, "id"]),
    ...badIds((id) => [queue, id]),
  ]);

  store.test("QACK removes an event being processed for good", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QACK", queue, "id"), 1);
    assert.equal(await client.command("QACK", queue, "id"), 0);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  });

  store.test("QACK returns 0 for an id that the queue does not hold", async (okq) => {
    const client = await okq.connect();
    const [queue, other] = [okq.queue(), okq.queue()];
    assert.equal(await client.command("QACK", queue, "id"), 0);
    assert.equal(await client.command("QACK", queue, "id", "REDO"), 0);
    await client.command("QLPUSH", other, "id", "contents");
    assert.equal(await client.command("QACK", queue, "id"), 0);
    assert.deepEqual(await client.command("QRPOP", other), ["id", "contents"]);
  });

  store.test("QACK removes an event that is ready again after its lease ended", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["late", "other"]) await client.command("QLPUSH", queue, id, "contents");
    await client.command("QRPOP", queue, "EX", "0.01");
    await eventually(async () => assert.deepEqual(await client.command("QRPEEK", queue), ["late", "contents"]));
    assert.equal(await client.command("QACK", queue, "late"), 1);
    assert.deepEqual(await client.command("QRPOP", queue), ["other", "contents"]);
    assert.equal(await client.command("QRPOP", queue), null);
  });

  store.test("QACK keeps the order of the other events", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2", "3", "4"]) await client.command("QLPUSH", queue, id, "contents");
    assert.equal(await client.command("QACK", queue, "2"), 1);
    assert.equal(await client.command("QACK", queue, "4"), 1);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
    assert.deepEqual(await client.command("QRPOP", queue), ["3", "contents"]);
    assert.equal(await client.command("QRPOP", queue), null);
  });

  store.test("QACK REDO puts an event being processed back on the right", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, `contents ${id}`);
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QACK", queue, "1", "redo"), 1);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 0 consumers: 0`]);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents 1"]);
    assert.deepEqual(await client.command("QRPOP", queue), ["2", "contents 2"]);
  });

  store.test("QACK REDO does not change an event that is not being processed", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "contents");
    assert.equal(await client.command("QACK", queue, "2", "REDO"), 0);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
    assert.equal(await client.command("QACK", queue, "1", "REDO"), 1);
    assert.equal(await client.command("QACK", queue, "1", "REDO"), 0);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 0 consumers: 0`]);
  });

  store.test("QACK REDO ends the lease: the next delivery has its own", async (okq) => {
    const client = await okq.connect();
    const [queue, clock] = [okq.queue(), okq.queue()];
    for (const name of [queue, clock]) await client.command("QLPUSH", name, "id", "contents");
    await client.command("QRPOP", queue, "EX", "0.2");
    await client.command("QACK", queue, "id", "REDO");
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "contents"]);
    // A later lease of the same length has ended, so the first one would have ended too if REDO had not ended it.
    await client.command("QRPOP", clock, "EX", "0.2");
    await eventually(async () => assert.notEqual(await client.command("QRPEEK", clock), null));
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
  });
});
