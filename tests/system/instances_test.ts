import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forRedis } from "../support/stores.ts";
import { startWaiting } from "../support/waiting.ts";

await forRedis((store) => {
  const wakers: Record<string, string[]> = {
    "a QLPUSH": ["QLPUSH", "id", "contents"],
    "a QRPUSH": ["QRPUSH", "id", "contents"],
    "a push with NOBLOCK": ["QLPUSH", "id", "contents", "NOBLOCK"],
    "a REDO": ["QACK", "leased", "REDO"],
  };
  for (const [waker, [command, ...args]] of Object.entries(wakers)) {
    store.test(`QNOTIFY returns for ${waker} through another instance`, async (okq) => {
      const second = await okq.serve();
      const [consumer, producer] = [await okq.connect(), await okq.connect(second.addr)];
      const queue = okq.queue();
      await producer.command("QLPUSH", queue, "leased", "contents");
      await producer.command("QRPOP", queue);
      await consumer.command("QREGISTER", queue);
      const { reply } = await startWaiting(consumer);
      await producer.command(command, queue, ...args);
      assert.equal(await reply, queue);
    });
  }

  store.test("QNOTIFY returns when the lease of an event ends that was popped through another instance", async (okq) => {
    const second = await okq.serve();
    const [consumer, other] = [await okq.connect(), await okq.connect(second.addr)];
    const queue = okq.queue();
    await consumer.command("QREGISTER", queue);
    await other.command("QLPUSH", queue, "id", "contents");
    await other.command("QRPOP", queue, "EX", "0.2");
    // Only the first instance is left to end the lease.
    await second.close();
    assert.equal(await consumer.command("QNOTIFY", "600"), queue);
    assert.deepEqual(await consumer.command("QRPOP", queue), ["id", "contents"]);
  });

  store.test("An event that was popped through one instance is acknowledged through another", async (okq) => {
    const second = await okq.serve();
    const [one, other] = [await okq.connect(), await okq.connect(second.addr)];
    const queue = okq.queue();
    await one.command("QLPUSH", queue, "id", "contents");
    assert.deepEqual(await other.command("QRPOP", queue), ["id", "contents"]);
    assert.equal(await one.command("QRPOP", queue), null);
    assert.equal(await one.command("QLPUSH", queue, "id", "contents"), "-ERR duplicate event id");
    assert.equal(await one.command("QACK", queue, "id"), 1);
    assert.equal(await other.command("QACK", queue, "id"), 0);
  });

  store.test("QSTATUS counts the consumers of all instances, and not those of an instance that was closed", async (okq) => {
    const second = await okq.serve();
    const clients = [await okq.connect(), await okq.connect(second.addr), await okq.connect(second.addr)];
    const queue = okq.queue();
    for (const client of clients) await client.command("QREGISTER", queue);
    for (const client of clients) {
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 3`]);
    }
    await second.close();
    assert.deepEqual(await clients[0].command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 1`]);
  });

  store.test("QSTATUS without arguments shows the queues of all instances", async (okq) => {
    const second = await okq.serve();
    const [one, other] = [await okq.connect(), await okq.connect(second.addr)];
    const [full, consumed] = [okq.queue(), okq.queue()];
    await other.command("QLPUSH", full, "id", "contents");
    await other.command("QREGISTER", consumed);
    const lines = await one.command("QSTATUS") as string[];
    assert.ok(lines.includes(`${full} total: 1 processing: 0 consumers: 0`));
    assert.ok(lines.includes(`${consumed} total: 0 processing: 0 consumers: 1`));
  });

  store.test("Many consumers on two instances pop every event once", async (okq) => {
    const second = await okq.serve();
    const producer = await okq.connect();
    const queue = okq.queue();
    const popped: string[] = [];
    const consume = async (instance: number) => {
      const consumer = await okq.connect(instance === 0 ? undefined : second.addr);
      await consumer.command("QREGISTER", queue);
      while (popped.length < 100) {
        if (await consumer.command("QNOTIFY", "0.5") === null) continue;
        const event = await consumer.command("QRPOP", queue, "NOACK") as string[] | null;
        if (event) popped.push(event[0]);
      }
    };
    const consuming = [0, 1, 0, 1].map(consume);
    const ids = Array.from({ length: 100 }, (_, id) => `${id}`);
    for (const id of ids) await producer.command("QLPUSH", queue, id, "contents");
    await Promise.all(consuming);
    assert.deepEqual(popped.toSorted(), ids.toSorted());
    await eventually(async () => {
      assert.match(`${await producer.command("QSTATUS", queue)}`, /total: 0 processing: 0/);
    });
  });
});
