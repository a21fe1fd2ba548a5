import { Consumer, type QueuedEvent } from "../../../../mod.ts";
import { assert } from "../../../deps.ts";
import { CommandProxy } from "../../../support/command_proxy.ts";
import { Calls, hostPort, processingOf, receiveOne, totalOf } from "../../../support/consuming.ts";
import { eventually } from "../../../support/eventually.ts";
import { forEachStore } from "../../../support/stores.ts";

await forEachStore(({ test }) => {
  test("A lease is renewed while the handler runs", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using proxy = new CommandProxy(addr);
    const begun = new Calls<QueuedEvent>();
    const gate = Promise.withResolvers<void>();
    await using consumer = new Consumer({ addresses: proxy.address, queues, leaseMs: 6000 });
    consumer.run(async (event) => {
      begun.call(event);
      await gate.promise;
    });
    await begun.reached(1);
    const [{ signal, attempt }] = begun.all;
    await eventually(() => proxy.count("QTOUCH") >= 5); // longer than a lease and a half
    assert.equal(signal.aborted, false);
    assert.equal(attempt, 1);
    assert.equal(await wire.command("QRPOP", queues), null);
    gate.resolve();
    await eventually(async () => assert.equal(await totalOf(wire, queues), 0));
    const touches = proxy.count("QTOUCH");
    await consumer.close();
    assert.equal(proxy.count("QTOUCH"), touches);
  });

  test("A handler that hangs holds its event for maxLeaseMs, and cannot settle it afterwards", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using proxy = new CommandProxy(okq.addr);
    const hung = new Calls<QueuedEvent>();
    const gate = Promise.withResolvers<void>();
    const began = performance.now();
    await using slow = new Consumer({ addresses: proxy.address, queues, leaseMs: 4000, maxLeaseMs: 6000 });
    slow.run(async (event) => {
      hung.call(event);
      await gate.promise;
    });
    await hung.reached(1);
    const { signal } = hung.all[0];
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const held = performance.now() - began;
    assert.ok(proxy.count("QTOUCH") > 0 && held > 5900, `it was held for ${held} ms`);
    await using other = new Consumer({ addresses: hostPort(okq.addr), queues });
    const event = await receiveOne(other);
    assert.equal(event.attempt, 2);
    slow.drain();
    gate.resolve();
    await slow.close();
    assert.equal(await processingOf(wire, queues), 1, "the receipt of the first delivery settles nothing");
    assert.equal(await event.ack(), true);
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("touch renews the lease, and returns false when the event is not this consumer's any more", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using consumer = new Consumer({ addresses: hostPort(okq.addr), queues, leaseMs: 6000 });
    const event = await receiveOne(consumer);
    const { signal } = event;
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1800));
      assert.equal(await event.touch(), true);
    }
    assert.equal(signal.aborted, false);
    await wire.command("QFLUSH", queues);
    assert.equal(await event.touch(), false);
    assert.equal(signal.aborted, true);
    assert.equal(await event.ack(), false);
    assert.equal(await event.touch(), false);
  });
});
