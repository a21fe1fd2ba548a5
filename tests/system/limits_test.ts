import { assert } from "../deps.ts";
import type { Fixture } from "../support/stores.ts";
import { forRedis } from "../support/stores.ts";
import { startCommand, startWaiting } from "../support/waiting.ts";
import type { Addr, Wire } from "../support/wire.ts";

const EVENTS = 150;
const CONSUMERS = 16;

async function pushEvents(producer: Wire, queue: string): Promise<void> {
  const events = Array.from({ length: EVENTS }, (_, i) => [`${i}`, "contents"]).flat();
  assert.equal(await producer.command("QMPUSH", queue, "EVENTS", ...events), "+OK");
}

/** Consumers of two instances claim until there are no more events. `onEvent` is called for each before its QACK. */
async function consume(okq: Fixture, queue: string, second: Addr, onEvent: () => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  const stopping = new AbortController();
  await Promise.all(Array.from({ length: CONSUMERS }, async (_, i) => {
    const consumer = await okq.connect(i % 2 === 0 ? okq.addr : second);
    const clientId = await consumer.command("CLIENT", "ID");
    const admin = await okq.connect(i % 2 === 0 ? okq.addr : second);
    stopping.signal.addEventListener("abort", () => admin.command("CLIENT", "UNBLOCK", `${clientId}`));
    while (ids.length < EVENTS) {
      const claimed = await consumer.command("QCLAIM", "BLOCK", "600", "QUEUES", queue) as string[][] | null;
      if (claimed === null) return;
      ids.push(claimed[0][1]);
      await onEvent();
      assert.equal(await consumer.command("QACK", queue, claimed[0][1]), 1);
    }
    stopping.abort();
  }));
  return ids.toSorted((a, b) => Number(a) - Number(b));
}

await forRedis((store) => {
  store.test("Blocked QCLAIMs on two instances get no more events a second than rate, and all of them", async (okq) => {
    const second = await okq.serve();
    const producer = await okq.connect();
    const queue = okq.queue();
    await pushEvents(producer, queue);
    const since = performance.now();
    await producer.command("QCONFIG", "SET", queue, "rate", "100");
    let events = 0;
    const ids = await consume(okq, queue, second.addr, () => {
      const elapsed = performance.now() - since;
      assert.ok(++events <= elapsed / 1000 * 100 + 1, `${events} events in ${elapsed} ms`);
      return Promise.resolve();
    });
    assert.deepEqual(ids, Array.from({ length: EVENTS }, (_, i) => `${i}`));
  });

  store.test("Blocked QCLAIMs on two instances never process more than max-processing, and get all", async (okq) => {
    const second = await okq.serve();
    const producer = await okq.connect();
    const queue = okq.queue();
    await producer.command("QCONFIG", "SET", queue, "max-processing", "3");
    await pushEvents(producer, queue);
    let processing = 0;
    const ids = await consume(okq, queue, second.addr, async () => {
      assert.ok(++processing <= 3, `${processing} events are processed`);
      await producer.command("PING");
      processing--;
    });
    assert.deepEqual(ids, Array.from({ length: EVENTS }, (_, i) => `${i}`));
  });

  store.test("QNOTIFY does not name a limited queue, and wakes when another instance makes room", async (okq) => {
    const second = await okq.serve();
    const [consumer, other] = [await okq.connect(), await okq.connect(second.addr)];
    const queue = okq.queue();
    await other.command("QCONFIG", "SET", queue, "max-processing", "1");
    for (const id of ["1", "2"]) await other.command("QLPUSH", queue, id, "contents");
    await other.command("QRPOP", queue);
    await consumer.command("QREGISTER", queue);
    assert.equal(await consumer.command("QNOTIFY", "0"), null);
    assert.equal(await consumer.command("QNOTIFY", "1.2"), null); // longer than the interval of the re-check
    const { reply } = await startWaiting(consumer);
    await other.command("QACK", queue, "1");
    assert.equal(await reply, queue);
    assert.deepEqual(await consumer.command("QRPOP", queue), ["2", "contents"]);
  });

  for (const [command, ...args] of [["QNOTIFY", "600"], ["QCLAIM", "BLOCK", "600", "QUEUES"]]) {
    store.test(`${command} returns when another instance lifts the rate, or sets one that allows events`, async (okq) => {
      const second = await okq.serve();
      const [consumer, other] = [await okq.connect(), await okq.connect(second.addr)];
      const queue = okq.queue();
      await consumer.command("QREGISTER", queue);
      for (const rate of ["0", "50"]) {
        await other.command("QCONFIG", "SET", queue, "rate", "0.01");
        await other.command("QLPUSH", queue, "id", "contents");
        const { reply } = await startCommand(consumer, command, ...args, ...command === "QCLAIM" ? [queue] : []);
        await other.command("QCONFIG", "SET", queue, "rate", rate);
        assert.notEqual(await reply, null);
        assert.equal(await other.command("QACK", queue, "id"), 1);
      }
    });

    store.test(`${command} returns when the rate allows an event, though another instance took one before`, async (okq) => {
      const second = await okq.serve();
      const [consumer, other] = [await okq.connect(), await okq.connect(second.addr)];
      const queue = okq.queue();
      await consumer.command("QREGISTER", queue);
      await other.command("QCONFIG", "SET", queue, "rate", "4");
      const { reply } = await startCommand(consumer, command, ...args, ...command === "QCLAIM" ? [queue] : []);
      const pushes = ["1", "2", "3"].map((id) => ["QLPUSH", queue, id, "contents"]);
      for (const push of pushes) await other.command(...push);
      const taken = await other.command("QCLAIM", "BLOCK", "600", "QUEUES", queue) as string[][];
      assert.equal(taken.length, 1);
      assert.notEqual(await reply, null);
    });
  }
});
