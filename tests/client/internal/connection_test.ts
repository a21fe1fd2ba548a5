import { Consumer, Producer, type QueuedEvent, text, Unavailable } from "../../../mod.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachStore, onRedis } from "../../support/stores.ts";
import { at, Calls, processingOf, totalOf } from "../helpers.ts";
import { Tap } from "../tap.ts";

await forEachStore(({ name, test }) => {
  if (name !== "sqlite") return; // these take seconds, and the store is none of their business
  test("An idle consumer sends less than a command a second", async ({ addr, connect, queue }) => {
    const queues = [queue(), queue()];
    await using tap = new Tap(addr);
    const handled = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: tap.address, queues, concurrency: 50 });
    consumer.run((event) => handled.call(event));
    await (await connect()).command("QLPUSH", queues[0], "1", "x");
    await handled.reached(1);
    await eventually(() => tap.commands.at(-1) === "QCLAIM" && tap.count("QACK") === 1);
    const busy = tap.commands.length;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idle = tap.commands.slice(busy);
    assert.ok(idle.length < 3 && idle.every((name) => name === "QCLAIM"), `in 3 seconds: ${idle}`);
  });

  test("One event costs a consumer with many free hands few commands", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using tap = new Tap(addr);
    const handled = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: tap.address, queues, concurrency: 50 });
    consumer.run((event) => handled.call(event));
    const wire = await connect();
    for (let i = 1; i <= 5; i++) {
      await eventually(() => tap.commands.at(-1) === "QCLAIM");
      await wire.command("QLPUSH", queues, `${i}`, "x");
      await handled.reached(i);
    }
    const takes = tap.count("QCLAIM");
    assert.ok(takes <= 5 * 3, `${takes} commands for 5 events`);
  });
});

await forEachStore(({ test }) => {
  test("A consumer reconnects and registers again", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using tap = new Tap(addr);
    const handled = new Calls<unknown>();
    const errors = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: tap.address, queues, onError: errors.call });
    consumer.run((event) => handled.call(event));
    await eventually(() => tap.count("QCLAIM") === 1);
    tap.cut();
    await eventually(() => tap.count("QREGISTER") === 2);
    await (await connect()).command("QLPUSH", queues, "1", "x");
    await handled.reached(1);
    assert.ok(errors.all[0] instanceof Unavailable);
  });

  test("A consumer that is turned away comes back less and less often", async ({ addr, queue }) => {
    await using tap = new Tap(addr);
    tap.refusing = true;
    await using consumer = new Consumer({ addresses: tap.address, queues: queue(), onError: () => {} });
    consumer.run(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // Pauses of at least 25, 50, 100, 200, 400, 800 ms, with a connection after each.
    assert.ok(tap.connections >= 3 && tap.connections <= 7, `${tap.connections} connections`);
  });

  test("An event is acknowledged through the next connection if its own is gone", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using tap = new Tap(addr);
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: tap.address, queues, onError: () => {} });
    for await (const event of consumer) {
      tap.cut();
      await eventually(() => tap.count("QREGISTER") === 2);
      assert.equal(await event.ack(), true);
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("An acknowledgement whose outcome is unknown says so, and is sent again by its receipt", async (okq) => {
    const queues = okq.queue();
    await using tap = new Tap(okq.addr);
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: tap.address, queues, onError: () => {} });
    for await (const event of consumer) {
      tap.swallowing = true;
      await assert.rejects(event.ack(), (error) => error instanceof Unavailable && error.outcomeUnknown);
      break;
    }
    assert.equal(tap.count("QACK"), 2);
    assert.equal(await totalOf(wire, queues), 0); // it had been done
  });

  test("An acknowledgement that did not arrive is made by the next connection", async (okq) => {
    const queues = okq.queue();
    await using tap = new Tap(okq.addr);
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: tap.address, queues, onError: () => {} });
    for await (const event of consumer) {
      const acknowledged = event.ack();
      tap.cut();
      assert.equal(await acknowledged, true);
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("An acknowledgement fails if okq is not there again before the lease ends", async ({ addr, queue }) => {
    const queues = queue();
    await using tap = new Tap(addr);
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.push(queues, "x");
    await using consumer = new Consumer({ addresses: tap.address, queues, leaseMs: 300, onError: () => {} });
    for await (const event of consumer) {
      tap.refusing = true;
      tap.cut();
      await eventually(() => tap.connections > 2); // it has noticed
      await assert.rejects(event.ack(), (error) => error instanceof Unavailable && !error.outcomeUnknown);
      break;
    }
  });
});

await onRedis(({ test }) => {
  test("A consumer goes on at another okq, and settles there what it had in hand", async (okq) => {
    const queues = okq.queue();
    const other = await okq.serve();
    const going = await okq.serve();
    const handled = new Calls<QueuedEvent>();
    const gate = Promise.withResolvers<void>();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const addresses = [at(going.addr), at(other.addr)];
    await using consumer = new Consumer({ addresses, queues, onError: () => {}, concurrency: 2 });
    consumer.run(async (event) => {
      handled.call(event);
      if (event.id === "1") await gate.promise;
    });
    await handled.reached(1);
    await going.close();
    await wire.command("QLPUSH", queues, "2", "x");
    await handled.reached(2);
    gate.resolve();
    await eventually(async () => assert.equal(await totalOf(wire, queues), 0));
    assert.equal(await processingOf(wire, queues), 0);
    assert.equal(handled.all.length, 2);
  });
});
