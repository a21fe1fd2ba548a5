import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import type { Wire } from "../support/wire.ts";
import { badQueues, refuses } from "../support/refusals.ts";

/** The number of consumers in QSTATUS, per queue. */
async function consumers(client: Wire, ...queues: string[]): Promise<number[]> {
  const lines = await client.command("QSTATUS", ...queues) as string[];
  return lines.map((line) => Number(line.match(/ consumers: (\d+)$/)?.[1] ?? NaN));
}

await forEachStore((store) => {
  refuses(store, "QREGISTER", (queue) => [
    ...badQueues((queue) => [queue]),
    ...badQueues((bad) => [queue, bad, queue]),
  ]);

  store.test("QREGISTER makes the connection a consumer of each queue", async (okq) => {
    const client = await okq.connect();
    const queues = [okq.queue(), okq.queue(), okq.queue()];
    assert.equal(await client.command("QREGISTER", ...queues.slice(0, 2)), "+OK");
    assert.deepEqual(await consumers(client, ...queues), [1, 1, 0]);
  });

  store.test("QREGISTER replaces the list of the call before", async (okq) => {
    const client = await okq.connect();
    const queues = [okq.queue(), okq.queue(), okq.queue()];
    await client.command("QREGISTER", queues[0], queues[1]);
    assert.equal(await client.command("QREGISTER", queues[1], queues[2]), "+OK");
    assert.deepEqual(await consumers(client, ...queues), [0, 1, 1]);
    await client.command("QLPUSH", queues[0], "id", "contents");
    assert.equal(await client.command("QNOTIFY", "0"), null);
  });

  store.test("QREGISTER without a queue deregisters", async (okq) => {
    const client = await okq.connect();
    const queues = [okq.queue(), okq.queue()];
    await client.command("QREGISTER", ...queues);
    assert.equal(await client.command("QREGISTER"), "+OK");
    assert.deepEqual(await consumers(client, ...queues), [0, 0]);
    assert.equal(await client.command("QREGISTER"), "+OK");
  });

  store.test("QREGISTER counts a queue that is named twice once", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command("QREGISTER", queue, queue, queue), "+OK");
    assert.deepEqual(await consumers(client, queue), [1]);
    await client.command("QREGISTER", queue);
    assert.deepEqual(await consumers(client, queue), [1]);
  });

  store.test("QREGISTER with a bad name keeps the list of the call before", async (okq) => {
    const client = await okq.connect();
    const queues = [okq.queue(), okq.queue()];
    await client.command("QREGISTER", queues[0]);
    assert.match(`${await client.command("QREGISTER", queues[1], "")}`, /^-ERR /);
    assert.deepEqual(await consumers(client, ...queues), [1, 0]);
  });

  store.test("QREGISTER counts every connection, until it closes", async (okq) => {
    const observer = await okq.connect();
    const clients = [await okq.connect(), await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    for (const client of clients) await client.command("QREGISTER", queue);
    assert.deepEqual(await consumers(observer, queue), [3]);
    clients[0].close();
    await eventually(async () => assert.deepEqual(await consumers(observer, queue), [2]));
    await clients[1].command("QUIT");
    await eventually(async () => assert.deepEqual(await consumers(observer, queue), [1]));
    await clients[2].raw("*1\r\n$-5\r\n");
    await eventually(async () => assert.deepEqual(await consumers(observer, queue), [0]));
  });

  store.test("QREGISTER accepts a thousand queues with any bytes in their names", async (okq) => {
    const client = await okq.connect();
    const prefix = okq.queue();
    const queues = Array.from({ length: 1000 }, (_, i) => `${prefix}\r\n{${i}}`);
    assert.equal(await client.command("QREGISTER", ...queues), "+OK");
    assert.deepEqual(await consumers(client, queues[0], queues[999]), [1, 1]);
    await client.command("QLPUSH", queues[999], "id", "contents");
    assert.equal(await client.command("QNOTIFY", "5"), queues[999]);
  });
});
