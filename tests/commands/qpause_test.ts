import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { startCommand, startWaiting } from "../support/waiting.ts";
import type { Shown } from "../support/wire.ts";
import { badQueues, NO_TIMES, outOfRange, type Refusal, refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QPAUSE", (queue) => [
    [[], wrongArity("QPAUSE")],
    [[queue, "1", "2"], wrongArity("QPAUSE")],
    ...[...NO_TIMES, "0"].map((time): Refusal => [[queue, time], outOfRange("seconds")]),
    ...badQueues((queue) => [queue]),
  ]);

  store.test("QPAUSE stops delivery and notifications, and nothing else, until QRESUME", async (okq) => {
    const [client, notified, claimer] = [await okq.connect(), await okq.connect(), await okq.connect()];
    const [queue, other] = [okq.queue(), okq.queue()];
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QRPOP", queue);
    for (let times = 0; times < 2; times++) assert.equal(await client.command("QPAUSE", queue), "+OK");
    await notified.command("QREGISTER", queue, other);
    const waiting = await startWaiting(notified);
    const claiming = await startCommand(claimer, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    assert.equal(await client.command("QLPUSH", queue, "2", "contents"), "+OK");
    assert.equal(await client.command("QNACK", queue, "1"), 1);
    assert.equal(await client.command("QRPOP", queue), null);
    assert.equal(await client.command("QRPOP", queue, "NOACK"), null);
    assert.equal(await client.command("QCLAIM", "QUEUES", queue, other), null);
    assert.deepEqual(await client.command("QRPEEK", queue), ["1", "contents"]);
    await client.command("QLPUSH", other, "1", "contents");
    assert.equal(await waiting.reply, other, "and not the one that is paused");
    assert.equal(await client.command("QACK", queue, "1"), 1);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 1`]);
    for (let times = 0; times < 2; times++) assert.equal(await client.command("QRESUME", queue), "+OK");
    const reply = await claiming.reply as Shown[][];
    assert.deepEqual(reply.map((event) => event.slice(0, 3)), [[queue, "2", "contents"]]);
  });

  store.test("QPAUSE with a time ends by itself and then notifies waiting clients", async (okq) => {
    const [client, consumer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "contents");
    const since = performance.now();
    // Sent together, so that the pause does not end in between.
    await client.sendTogether(["QPAUSE", queue, "0.3"], ["QRPOP", queue]);
    assert.equal(await client.shown(), "+OK");
    assert.equal(await client.shown(), null);
    await consumer.command("QREGISTER", queue);
    const { reply } = await startWaiting(consumer);
    assert.equal(await reply, queue);
    assert.ok(performance.now() - since > 295);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
  });

  store.test("QPAUSE of an empty queue makes it active, and QFLUSH does not end it", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const shown = async () => (await client.command("QSTATUS") as string[]).filter((line) => line.startsWith(queue));
    await client.command("QPAUSE", queue);
    await client.command("QFLUSH", queue);
    assert.deepEqual(await shown(), [`${queue} total: 0 processing: 0 consumers: 0`]);
    await client.command("QLPUSH", queue, "1", "contents");
    assert.equal(await client.command("QRPOP", queue), null);
    await client.command("QRESUME", queue);
    assert.deepEqual(await client.command("QRPOP", queue, "NOACK"), ["1", "contents"]);
    await eventually(async () => assert.deepEqual(await shown(), []));
  });
});
