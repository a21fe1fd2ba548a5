import { Consumer, type QueuedEvent, text } from "../../mod.ts";
import { assert } from "../deps.ts";
import { Calls, hostPort, totalOf } from "../support/consuming.ts";
import { fields } from "../support/fields.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes, latin1 } from "../support/wire.ts";

await forEachStore(({ test }) => {
  test("bury moves an event to the dead queue with its reason, and settles it", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const died = new Calls<QueuedEvent<string>>();
    const consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text, onDead: died.call });
    consumer.run(async (event) => {
      assert.equal(await event.bury({ reason: "no such address" }), true);
      assert.deepEqual([event.settled, await event.ack()], [true, true]);
    });
    await died.reached(1);
    await consumer.close();
    assert.deepEqual([died.all[0].id, died.all[0].value], ["1", "x"]);
    const { reason, attempts } = fields(await wire.command("QGET", `${queues}:dead`, "1"));
    assert.deepEqual([reason, attempts], ["no such address", 1]);
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("bury returns false for an event whose lease has ended, and leaves it alone", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const onDead = () => assert.fail("it is not dead");
    const consumer = new Consumer({ addresses: hostPort(addr), queues, onDead });
    for await (const event of consumer) {
      assert.equal(await wire.command("QACK", queues, "1", "REDO"), 1);
      assert.deepEqual(await wire.command("QRPOP", queues), ["1", "x"]);
      assert.equal(await event.bury(), false);
      break;
    }
    await consumer.close();
    assert.equal(await totalOf(wire, queues), 1);
  });

  test("An event has the group and the meta that it was pushed with", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x", "GROUP", "customer-7", "META", "tenant: acme\nfrom: web");
    await wire.command("QLPUSH", queues, "2", "x", "META", bytes("any\0bytes\xff"));
    await wire.command("QLPUSH", queues, "3", "x");
    const consumer = new Consumer({ addresses: hostPort(addr), queues });
    const shown: unknown[] = [];
    for await (const event of consumer) {
      shown.push([event.id, event.group, { ...event.meta }, event.metaBytes && latin1(event.metaBytes)]);
      await event.ack();
      if (shown.length === 3) break;
    }
    await consumer.close();
    assert.deepEqual(shown, [
      ["1", "customer-7", { tenant: "acme", from: "web" }, "tenant: acme\nfrom: web"],
      ["2", null, {}, "any\0bytes\xff"],
      ["3", null, {}, null],
    ]);
  });

  test("onDead is called after the last attempt that the policy allows, and what it throws is reported", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QCONFIG", "SET", queues, "max-attempts", "3");
    await wire.command("QLPUSH", queues, "1", "x");
    const died = new Calls<number>();
    const errors = new Calls<string>();
    const consumer = new Consumer({
      addresses: hostPort(okq.addr),
      queues,
      retryDelayMs: 0,
      onError: (error) => errors.call((error as Error).message),
      onDead(event) {
        died.call(event.attempt);
        throw new Error("of onDead");
      },
    });
    consumer.run(() => Promise.reject(new Error("of the handler")));
    await errors.reached(4);
    await consumer.close();
    await wire.command("QCONFIG", "RESET", queues);
    assert.deepEqual(died.all, [3]);
    assert.deepEqual(errors.all.toSorted(), ["of onDead", ...Array(3).fill("of the handler")]);
  });
});
