import { Consumer, Producer, type QueuedEvent, text } from "../../../mod.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachStore } from "../../support/stores.ts";
import { at, Calls, processingOf, takeOne, totalOf } from "../helpers.ts";
import { Tap } from "../tap.ts";

await forEachStore(({ test }) => {
  test("A lease is prolonged for as long as the handler runs", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using tap = new Tap(addr);
    const begun = new Calls<QueuedEvent>();
    const gate = Promise.withResolvers<void>();
    await using consumer = new Consumer({ addresses: tap.address, queues, leaseMs: 600 });
    consumer.run(async (event) => {
      begun.call(event);
      await gate.promise;
    });
    await begun.reached(1);
    const [{ signal, attempt }] = begun.all;
    await eventually(() => tap.count("QTOUCH") >= 5); // a lease and two thirds of one
    assert.equal(signal.aborted, false);
    assert.equal(attempt, 1);
    assert.equal(await wire.command("QRPOP", queues), null);
    gate.resolve();
    await eventually(async () => assert.equal(await totalOf(wire, queues), 0));
    const touches = tap.count("QTOUCH");
    await consumer.close();
    assert.equal(tap.count("QTOUCH"), touches);
  });

  test("A handler that hangs holds its event for maxLeaseMs, and what it says then is not heard", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using tap = new Tap(okq.addr);
    const hung = new Calls<QueuedEvent>();
    const gate = Promise.withResolvers<void>();
    await using slow = new Consumer({ addresses: tap.address, queues, leaseMs: 150, maxLeaseMs: 400 });
    slow.run(async (event) => {
      hung.call(event);
      await gate.promise;
    });
    await hung.reached(1);
    const began = performance.now();
    const { signal } = hung.all[0];
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const held = performance.now() - began;
    assert.ok(held > 300 && held < 5000, `it was held for ${held} ms`);
    await using other = new Consumer({ addresses: at(okq.addr), queues });
    const event = await takeOne(other);
    assert.equal(event.attempt, 2);
    slow.drain();
    gate.resolve();
    await slow.close();
    assert.equal(await processingOf(wire, queues), 1, "the receipt of the first delivery settles nothing");
    assert.equal(await event.ack(), true);
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("touch has the lease last anew, and says when the event is somebody else's", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: at(okq.addr), queues, leaseMs: 500 });
    const event = await takeOne(consumer);
    const { signal } = event;
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(await event.touch(), true);
    }
    assert.equal(signal.aborted, false);
    await wire.command("QFLUSH", queues);
    assert.equal(await event.touch(), false);
    assert.equal(signal.aborted, true);
    assert.equal(await event.ack(), false);
    assert.equal(await event.touch(), false);
  });

  test("A failed event comes again after the consumer's delay, as another attempt with a reason", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using tap = new Tap(okq.addr);
    const handled = new Calls<[attempt: number, at: number]>();
    await using consumer = new Consumer({ addresses: tap.address, queues, retryDelayMs: 300, onError: () => {} });
    consumer.run((event) => {
      handled.call([event.attempt, performance.now()]);
      if (handled.all.length === 1) throw new Error("not today");
    });
    await handled.reached(2);
    const [[first, failed], [second, again]] = handled.all;
    assert.deepEqual([first, second], [1, 2]);
    assert.ok(again - failed >= 149, `after ${again - failed} ms`);
    const [, , , , , , delay, , reason] = tap.sent.find(([name]) => name === "QNACK")!;
    assert.ok(Number(delay) >= 0.15 && Number(delay) <= 0.3, delay);
    assert.equal(reason, "not today");
  });

  test("nack says when and why, or leaves it to the queue", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using tap = new Tap(addr);
    await using consumer = new Consumer({ addresses: tap.address, queues, retryDelayMs: "queue", onError: () => {} });
    const handled = new Calls<number>();
    consumer.run(async (event) => {
      handled.call(event.attempt);
      if (event.attempt === 1) throw new Error("full");
      assert.throws(() => event.nack({ delayMs: -1 }), RangeError);
      assert.equal(await event.nack({ delayMs: 60_000, reason: "still full" }), true);
      assert.equal(await event.ack(), true, "the first call counts");
    });
    await handled.reached(2);
    await eventually(() => tap.count("QNACK") === 2);
    const said = tap.sent.filter(([name]) => name === "QNACK").map(([, , , , , ...options]) => options);
    assert.deepEqual(said, [["REASON", "full"], ["DELAY", "60", "REASON", "still full"]]);
    await eventually(async () => assert.equal(await processingOf(wire, queues), 0));
    assert.equal(await wire.command("QRPOP", queues), null);
    assert.equal(await totalOf(wire, queues), 1);
  });

  test("A command brings as many events as hands are free", async ({ addr, queue }) => {
    const queues = queue();
    await using tap = new Tap(addr);
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, Array(30).fill("x"));
    const handled = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: tap.address, queues, concurrency: 10 });
    consumer.run((event) => handled.call(event));
    await handled.reached(30);
    assert.ok(tap.count("QCLAIM") <= 5, `${tap.count("QCLAIM")} commands for 30 events`);
  });

  test("A consumer that drains strands no event that was just being taken", async ({ addr, connect, queue }) => {
    const wire = await connect();
    for (let i = 0; i < 8; i++) {
      const queues = queue();
      const handled = new Calls<unknown>();
      await using tap = new Tap(addr);
      await using consumer = new Consumer({ addresses: tap.address, queues, concurrency: 3 });
      const running = consumer.run((event) => handled.call(event));
      await eventually(() => tap.count("QCLAIM") === 1);
      await wire.send("QLPUSH", queues, "1", "x");
      if (i % 2 === 0) await wire.shown();
      consumer.drain();
      await running;
      if (i % 2 === 1) await wire.shown();
      await eventually(async () => assert.equal(await processingOf(wire, queues), 0), 2000); // leases last for 30 s
      assert.equal(await totalOf(wire, queues), 1 - handled.all.length);
    }
  });
});
