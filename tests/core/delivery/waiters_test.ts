import { assert } from "../../deps.ts";
import { type Fixture, forEachStore } from "../../support/stores.ts";
import { startWaiting } from "../../support/waiting.ts";
import type { Wire } from "../../support/wire.ts";

/** Connects consumers of a queue that begin to wait one after the other; `told` collects their numbers as they are told. */
async function lineUp(okq: Fixture, queue: string, count: number, seconds?: string) {
  const told: number[] = [];
  const clients: Wire[] = [];
  const replies = [];
  for (let number = 0; number < count; number++) {
    const client = await okq.connect();
    clients.push(client);
    await client.command("QREGISTER", queue);
    const { reply } = await startWaiting(client, seconds);
    replies.push(reply.then((name) => {
      told.push(number);
      return name;
    }));
  }
  return { clients, replies, told };
}

await forEachStore((store) => {
  store.test("Of many that wait, one event wakes one: the one that has waited longest", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies, told } = await lineUp(okq, queue, 4);
    for (let number = 0; number < 4; number++) {
      // The pop is there when its client is told, so that nobody else has a reason to be.
      await clients[number].send("QRPOP", queue, "NOACK");
      await producer.command("QLPUSH", queue, `${number}`, "contents");
      assert.equal(await replies[number], queue);
      assert.deepEqual(await clients[number].shown(), [`${number}`, "contents"]);
      // An event that is pushed and taken in between would be the moment for telling too many.
      const other = await okq.connect();
      await other.command("QREGISTER", okq.queue());
      assert.equal(await other.command("QNOTIFY", "0.3"), null);
      assert.deepEqual(told, Array.from({ length: number + 1 }, (_, i) => i));
    }
  });

  store.test("Who waits again waits at the end of the line", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies } = await lineUp(okq, queue, 2);
    await clients[0].send("QRPOP", queue, "NOACK");
    await producer.command("QLPUSH", queue, "1", "contents");
    assert.equal(await replies[0], queue);
    assert.deepEqual(await clients[0].shown(), ["1", "contents"]);
    const again = (await startWaiting(clients[0], "1")).reply;
    await clients[1].send("QRPOP", queue, "NOACK");
    await producer.command("QLPUSH", queue, "2", "contents");
    assert.equal(await replies[1], queue);
    assert.deepEqual(await clients[1].shown(), ["2", "contents"]);
    assert.equal(await again, null);
  });

  store.test("If the one told does not take the event, the next is told, and so on", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    // Each is told "shortly after" the one before; if it took as long as the slow re-check, most would get nil.
    const { replies, told } = await lineUp(okq, queue, 10, "4");
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.deepEqual(await Promise.all(replies), Array(10).fill(queue));
    assert.deepEqual(told, Array.from({ length: 10 }, (_, number) => number));
  });

  store.test("If the one told dies, the next is told", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies } = await lineUp(okq, queue, 2);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await replies[0], queue);
    clients[0].close();
    assert.equal(await replies[1], queue);
  });

  store.test("One that hung up while it waited is passed over", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies } = await lineUp(okq, queue, 2);
    clients[0].close();
    await assert.rejects(replies[0]);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await replies[1], queue);
  });

  store.test("As many events as wait wake all that wait", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { replies } = await lineUp(okq, queue, 3);
    for (const id of ["1", "2", "3"]) await producer.send("QLPUSH", queue, id, "contents");
    assert.deepEqual(await Promise.all(replies), [queue, queue, queue]);
  });

  store.test("An event wakes those that wait for its queue and nobody else", async (okq) => {
    const [producer, other] = [await okq.connect(), await okq.connect()];
    const [queue, elsewhere] = [okq.queue(), okq.queue()];
    await other.command("QREGISTER", elsewhere);
    const waiting = await startWaiting(other, "1");
    const { replies } = await lineUp(okq, queue, 1);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await replies[0], queue);
    assert.equal(await waiting.reply, null);
  });

  store.test("No event waits while a consumer for it waits: all are taken, whatever the consumers do", async (okq) => {
    const producer = await okq.connect();
    const queues = [okq.queue(), okq.queue(), okq.queue()];
    const left = new Set(Array.from({ length: 300 }, (_, id) => `${id}`));
    const consume = async (consumer: Wire, careless: boolean) => {
      await consumer.command("QREGISTER", ...queues);
      for (let turn = 0; left.size > 0; turn++) {
        const queue = await consumer.command("QNOTIFY", "0.5");
        if (queue === null || (careless && turn % 3 === 0)) continue;
        const event = await consumer.command("QRPOP", queue as string) as string[] | null;
        if (event === null) continue;
        assert.equal(left.delete(event[0]), true, `event ${event[0]} was handed out twice`);
        assert.equal(await consumer.command("QACK", queue as string, event[0]), 1);
      }
    };
    const consumers = await Promise.all(Array.from({ length: 6 }, () => okq.connect()));
    const consuming = consumers.map((consumer, i) => consume(consumer, i % 2 === 0));
    for (const id of [...left]) await producer.command("QLPUSH", queues[Number(id) % 3], id, "contents");
    await Promise.all(consuming);
  });
});
