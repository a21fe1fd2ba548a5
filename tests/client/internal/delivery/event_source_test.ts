import { Consumer, Producer, type QueuedEvent, text, Unavailable } from "../../../../mod.ts";
import { assert } from "../../../deps.ts";
import { CommandProxy } from "../../../support/command_proxy.ts";
import { Calls, hostPort, processingOf, totalOf } from "../../../support/consuming.ts";
import { eventually } from "../../../support/eventually.ts";
import { forEachStore, forRedis } from "../../../support/stores.ts";

await forEachStore(({ test }) => {
  test("A consumer reconnects and registers again", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using proxy = new CommandProxy(addr);
    const handled = new Calls<unknown>();
    const errors = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: proxy.address, queues, onError: errors.call });
    consumer.run((event) => handled.call(event));
    await eventually(() => proxy.count("QCLAIM") === 1);
    proxy.cut();
    await eventually(() => proxy.count("QREGISTER") === 2);
    await (await connect()).command("QLPUSH", queues, "1", "x");
    await handled.reached(1);
    assert.ok(errors.all[0] instanceof Unavailable);
  });

  test("A consumer that cannot connect tries again after growing delays", async ({ addr, queue }) => {
    await using proxy = new CommandProxy(addr);
    proxy.refusing = true;
    await using consumer = new Consumer({ addresses: proxy.address, queues: queue(), onError: () => {} });
    const since = performance.now();
    consumer.run(() => {});
    await eventually(() => proxy.connections >= 6);
    // Delays of at least 25, 50, 100, 200 and 400 ms, with a connection after each.
    const elapsed = performance.now() - since;
    assert.ok(elapsed >= 770, `${proxy.connections} connections in ${elapsed} ms`);
  });

  test("An event is acknowledged through the next connection if its own was lost", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using proxy = new CommandProxy(addr);
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: proxy.address, queues, onError: () => {} });
    for await (const event of consumer) {
      proxy.cut();
      await eventually(() => proxy.count("QREGISTER") === 2);
      assert.equal(await event.ack(), true);
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("An acknowledgement whose outcome is unknown is sent again, and its error says so", async (okq) => {
    const queues = okq.queue();
    await using proxy = new CommandProxy(okq.addr);
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: proxy.address, queues, onError: () => {} });
    for await (const event of consumer) {
      proxy.droppingReply = true;
      await assert.rejects(event.ack(), (error) => error instanceof Unavailable && error.outcomeUnknown);
      break;
    }
    assert.equal(proxy.count("QACK"), 2);
    assert.equal(await totalOf(wire, queues), 0); // the first had been carried out
  });

  test("An acknowledgement that did not arrive is sent again through the next connection", async (okq) => {
    const queues = okq.queue();
    await using proxy = new CommandProxy(okq.addr);
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: proxy.address, queues, onError: () => {} });
    for await (const event of consumer) {
      const acknowledged = event.ack();
      proxy.cut();
      assert.equal(await acknowledged, true);
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("An acknowledgement fails if okq cannot be reached before the lease ends", async ({ addr, queue }) => {
    const queues = queue();
    await using proxy = new CommandProxy(addr);
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(queues, "x");
    await using consumer = new Consumer({ addresses: proxy.address, queues, leaseMs: 3000, onError: () => {} });
    for await (const event of consumer) {
      proxy.refusing = true;
      proxy.cut();
      await eventually(() => proxy.connections > 2); // it has tried to reconnect
      await assert.rejects(event.ack(), (error) => error instanceof Unavailable && !error.outcomeUnknown);
      break;
    }
  });
});

await forRedis(({ test }) => {
  test("A consumer goes on at another okq, and settles there the events of the first", async (okq) => {
    const queues = okq.queue();
    const other = await okq.serve();
    const first = await okq.serve();
    const handled = new Calls<QueuedEvent>();
    const gate = Promise.withResolvers<void>();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const addresses = [hostPort(first.addr), hostPort(other.addr)];
    await using consumer = new Consumer({ addresses, queues, onError: () => {}, concurrency: 2 });
    consumer.run(async (event) => {
      handled.call(event);
      if (event.id === "1") await gate.promise;
    });
    await handled.reached(1);
    await first.close();
    await wire.command("QLPUSH", queues, "2", "x");
    await handled.reached(2);
    gate.resolve();
    await eventually(async () => assert.equal(await totalOf(wire, queues), 0));
    assert.equal(await processingOf(wire, queues), 0);
    assert.equal(handled.all.length, 2);
  });
});
