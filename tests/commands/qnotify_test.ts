import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { lineOf, startWaiting } from "../support/waiting.ts";
import { NO_TIMES, outOfRange, refuses, wrongArity } from "../support/refusals.ts";

const NOT_REGISTERED = "-ERR no queues registered: QREGISTER first";

await forEachStore((store) => {
  refuses(store, "QNOTIFY", () => [
    [[], wrongArity("QNOTIFY")],
    [["1", "2"], wrongArity("QNOTIFY")],
    ...NO_TIMES.map((time): [string[], RegExp] => [[time], outOfRange("timeout")]),
    ...["0", "0.05", "600"].map((time): [string[], string] => [[time], NOT_REGISTERED]),
  ]);

  store.test("QNOTIFY is an error after QREGISTER without a queue and after RESET", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    for (const deregister of ["QREGISTER", "RESET"]) {
      await client.command("QREGISTER", queue);
      assert.equal(await client.command("QNOTIFY", "600"), queue);
      await client.command(deregister);
      assert.equal(await client.command("QNOTIFY", "600"), NOT_REGISTERED, deregister);
    }
  });

  for (const timeout of ["0", "0.0", "0.05"]) {
    store.test(`QNOTIFY ${timeout} returns nil if there is no event`, async (okq) => {
      const client = await okq.connect();
      const [queue, other] = [okq.queue(), okq.queue()];
      await client.command("QREGISTER", queue);
      assert.equal(await client.command("QNOTIFY", timeout), null, "without an event");
      await client.command("QLPUSH", other, "id", "contents");
      assert.equal(await client.command("QNOTIFY", timeout), null, "with an event in another queue");
    });
  }

  store.test("QNOTIFY returns at once if there is an event, and leases nothing", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    await client.command("QREGISTER", queue);
    for (const timeout of ["0", "30", ".5", "5."]) assert.equal(await client.command("QNOTIFY", timeout), queue);
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "contents"]);
    assert.equal(await client.command("QNOTIFY", "0"), null);
  });

  const wakers: Record<string, string[]> = {
    "a QLPUSH": ["QLPUSH", "id", "contents"],
    "a QRPUSH": ["QRPUSH", "id", "contents"],
    "a push with NOBLOCK": ["QLPUSH", "id", "contents", "NOBLOCK"],
    "a REDO": ["QACK", "leased", "REDO"],
  };
  for (const [waker, [command, ...args]] of Object.entries(wakers)) {
    store.test(`QNOTIFY wakes for ${waker} through another connection`, async (okq) => {
      const [consumer, producer] = [await okq.connect(), await okq.connect()];
      const [queue, other] = [okq.queue(), okq.queue()];
      await producer.command("QLPUSH", queue, "leased", "contents");
      await producer.command("QRPOP", queue);
      await consumer.command("QREGISTER", other, queue);
      const { reply } = await startWaiting(consumer);
      await producer.command(command, queue, ...args);
      assert.equal(await reply, queue);
    });
  }

  store.test("QNOTIFY wakes when a lease ends", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QREGISTER", queue);
    await client.command("QLPUSH", queue, "id", "contents");
    await client.command("QRPOP", queue, "EX", "0.1");
    assert.equal(await client.command("QNOTIFY", "600"), queue);
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "contents"]);
  });

  store.test("QNOTIFY returns names of any bytes unchanged", async (okq) => {
    const [consumer, producer] = [await okq.connect(), await okq.connect()];
    const queue = Uint8Array.from({ length: 300 }, (_, i) => 255 - (i % 256));
    await consumer.command("QREGISTER", queue);
    const { reply } = await startWaiting(consumer);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await reply, String.fromCharCode(...queue));
    await producer.command("QFLUSH", queue);
  });

  store.test("QNOTIFY takes turns among the queues that have events", async (okq) => {
    const client = await okq.connect();
    const [busy, empty, quiet] = [okq.queue(), okq.queue(), okq.queue()];
    await client.command("QREGISTER", busy, empty, quiet);
    for (const id of ["1", "2", "3", "4"]) await client.command("QLPUSH", busy, id, "contents");
    await client.command("QLPUSH", quiet, "1", "contents");
    const told = [];
    for (let i = 0; i < 4; i++) told.push(await client.command("QNOTIFY", "0"));
    assert.ok(told[0] === busy || told[0] === quiet);
    const next = told[0] === busy ? quiet : busy;
    assert.deepEqual(told, [told[0], next, told[0], next]);
  });

  store.test("QNOTIFY blocks its own connection only", async (okq) => {
    const [consumer, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await consumer.command("QREGISTER", queue);
    await consumer.send("QNOTIFY", "600");
    await consumer.send("QRPOP", queue);
    await consumer.send("PING", "last");
    // If the QRPOP after QNOTIFY had run already, it would have found nothing.
    assert.equal(await other.command("PING"), "+PONG");
    assert.equal(await other.command("QLPUSH", queue, "id", "contents"), "+OK");
    assert.equal(await consumer.shown(), queue);
    assert.deepEqual(await consumer.shown(), ["id", "contents"]);
    assert.equal(await consumer.shown(), "last");
  });

  store.test("QNOTIFY waits for longer than a 32-bit timer can", async (okq) => {
    const [consumer, producer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await consumer.command("QREGISTER", queue);
    const { reply } = await startWaiting(consumer, "3000000");
    // A timer that overflows fires at once, before this one.
    await producer.command("QREGISTER", okq.queue());
    assert.equal(await producer.command("QNOTIFY", "0.1"), null);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await reply, queue);
  });

  store.test("QNOTIFY ends when its client disconnects", async (okq) => {
    const [consumer, observer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await consumer.command("QREGISTER", queue);
    await startWaiting(consumer, "600");
    consumer.close();
    await eventually(async () => {
      assert.equal(await lineOf(observer, consumer), "");
      assert.deepEqual(await observer.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    });
  });

  store.test("QNOTIFY ends when its client disconnects with more commands pipelined", async (okq) => {
    const [consumer, observer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await consumer.command("QREGISTER", queue);
    await startWaiting(consumer, "600");
    for (let id = 0; id < 10; id++) await consumer.send("QLPUSH", queue, `${id}`, "contents");
    consumer.close();
    await eventually(async () => assert.equal(await lineOf(observer, consumer), ""));
  });
});
