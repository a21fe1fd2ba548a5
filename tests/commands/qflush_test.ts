import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { badQueues, refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QFLUSH", (queue) => [
    [[], wrongArity("QFLUSH")],
    [[queue, queue], wrongArity("QFLUSH")],
    ...badQueues((queue) => [queue]),
  ]);

  store.test("QFLUSH removes all events, ready and being processed", async (okq) => {
    const client = await okq.connect();
    const [queue, other] = [okq.queue(), okq.queue()];
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, "contents");
    await client.command("QLPUSH", other, "1", "contents");
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QFLUSH", queue), "+OK");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    assert.equal(await client.command("QRPOP", queue), null);
    assert.deepEqual(await client.command("QRPEEK", other), ["1", "contents"]);
  });

  store.test("QFLUSH of a queue that does not exist is OK", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("QFLUSH", okq.queue()), "+OK");
  });

  store.test("QFLUSH lets a consumer finish: its QACK returns 0 and the event never comes back", async (okq) => {
    const client = await okq.connect();
    const [queue, clock] = [okq.queue(), okq.queue()];
    for (const name of [queue, clock]) await client.command("QLPUSH", name, "id", "contents");
    for (const name of [queue, clock]) await client.command("QRPOP", name, "EX", "0.1");
    await client.command("QFLUSH", queue);
    assert.equal(await client.command("QACK", queue, "id", "REDO"), 0);
    assert.equal(await client.command("QACK", queue, "id"), 0);
    await eventually(async () => assert.notEqual(await client.command("QRPEEK", clock), null));
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  });

  store.test("QFLUSH ends leases: the old lease does not affect an id that is pushed again", async (okq) => {
    const client = await okq.connect();
    const [queue, clock] = [okq.queue(), okq.queue()];
    for (const name of [queue, clock]) await client.command("QLPUSH", name, "id", "old");
    for (const name of [queue, clock]) await client.command("QRPOP", name, "EX", "0.1");
    await client.command("QFLUSH", queue);
    await client.command("QLPUSH", queue, "id", "new");
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "new"]);
    await eventually(async () => assert.notEqual(await client.command("QRPEEK", clock), null));
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
    assert.equal(await client.command("QACK", queue, "id"), 1);
  });

  store.test("QFLUSH leaves registered consumers registered", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QREGISTER", queue);
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QFLUSH", queue);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 1`]);
    await client.command("QLPUSH", queue, "1", "contents");
    assert.equal(await client.command("QNOTIFY", "5"), queue);
  });
});
