import { Consumer, Producer, text } from "../../../../mod.ts";
import { assert } from "../../../deps.ts";
import { CommandProxy } from "../../../support/command_proxy.ts";
import { Calls, hostPort, processingOf, totalOf } from "../../../support/consuming.ts";
import { eventually } from "../../../support/eventually.ts";
import { forEachStore } from "../../../support/stores.ts";

await forEachStore(({ name, test }) => {
  for (const order of ["strict", "turns"] as const) {
    test(`With order: ${order} queues are consumed by priority or in turn`, async ({ addr, queue }) => {
      const [urgent, bulk] = [queue(), queue()];
      await using producer = new Producer({ addresses: hostPort(addr), codec: text });
      for (const name of [bulk, urgent]) await producer.pushAll(name, Array(3).fill("x"));
      const handled = new Calls<string>();
      await using consumer = new Consumer({ addresses: hostPort(addr), queues: [urgent, bulk], order });
      consumer.run((event) => handled.call(event.queue === urgent ? "urgent" : "bulk"));
      await handled.reached(6);
      const [u, b] = ["urgent", "bulk"];
      assert.deepEqual(handled.all, order === "strict" ? [u, u, u, b, b, b] : [u, b, u, b, u, b]);
    });
  }

  test("A command claims as many events as the consumer has capacity for", async ({ addr, queue }) => {
    const queues = queue();
    await using proxy = new CommandProxy(addr);
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, Array(30).fill("x"));
    const handled = new Calls<unknown>();
    const gate = Promise.withResolvers<void>();
    await using consumer = new Consumer({ addresses: proxy.address, queues, concurrency: 10 });
    consumer.run(async (event) => {
      handled.call(event);
      await gate.promise;
    });
    await handled.reached(10);
    assert.equal(proxy.count("QCLAIM"), 1);
    gate.resolve();
    await handled.reached(30);
    assert.ok(proxy.count("QCLAIM") < 20, `${proxy.count("QCLAIM")} commands for 30 events`);
  });

  test("A draining consumer leaves no event leased that was being claimed", async ({ addr, connect, queue }) => {
    const wire = await connect();
    for (let i = 0; i < 8; i++) {
      const queues = queue();
      const handled = new Calls<unknown>();
      await using proxy = new CommandProxy(addr);
      await using consumer = new Consumer({ addresses: proxy.address, queues, concurrency: 3, leaseMs: 600_000 });
      const running = consumer.run((event) => handled.call(event));
      await eventually(() => proxy.count("QCLAIM") === 1);
      await wire.send("QLPUSH", queues, "1", "x");
      if (i % 2 === 0) await wire.shown();
      consumer.drain();
      await running;
      if (i % 2 === 1) await wire.shown();
      await eventually(async () => assert.equal(await processingOf(wire, queues), 0));
      assert.equal(await totalOf(wire, queues), 1 - handled.all.length);
    }
  });

  if (name !== "sqlite") return; // the rest takes seconds and does not depend on the store

  test("An idle consumer sends less than a command a second", async ({ addr, connect, queue }) => {
    const queues = [queue(), queue()];
    await using proxy = new CommandProxy(addr);
    const handled = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: proxy.address, queues, concurrency: 50 });
    consumer.run((event) => handled.call(event));
    await (await connect()).command("QLPUSH", queues[0], "1", "x");
    await handled.reached(1);
    await eventually(() => proxy.names.at(-1) === "QCLAIM" && proxy.count("QACK") === 1);
    const before = proxy.names.length;
    const since = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idle = proxy.names.slice(before);
    const seconds = (performance.now() - since) / 1000;
    assert.ok(idle.length < seconds && idle.every((name) => name === "QCLAIM"), `in ${seconds} seconds: ${idle}`);
  });

  test("An event costs few commands, also with a large capacity", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using proxy = new CommandProxy(addr);
    const handled = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: proxy.address, queues, concurrency: 50 });
    consumer.run((event) => handled.call(event));
    const wire = await connect();
    for (let i = 1; i <= 5; i++) {
      await eventually(() => proxy.names.at(-1) === "QCLAIM");
      await wire.command("QLPUSH", queues, `${i}`, "x");
      await handled.reached(i);
    }
    assert.ok(proxy.count("QCLAIM") <= 5 * 3, `${proxy.count("QCLAIM")} commands for 5 events`);
  });
});
