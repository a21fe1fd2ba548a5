import { reasonOf } from "../../../../client/internal/delivery/handler_runner.ts";
import { Consumer } from "../../../../mod.ts";
import { assert } from "../../../deps.ts";
import { CommandProxy } from "../../../support/command_proxy.ts";
import { Calls, processingOf, totalOf } from "../../../support/consuming.ts";
import { eventually } from "../../../support/eventually.ts";
import { forEachStore } from "../../../support/stores.ts";

await forEachStore(({ test }) => {
  test("A failed event is delivered again after retryDelayMs, and its reason is sent", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using proxy = new CommandProxy(okq.addr);
    const handled = new Calls<[attempt: number, at: number]>();
    await using consumer = new Consumer({ addresses: proxy.address, queues, retryDelayMs: 300, onError: () => {} });
    consumer.run((event) => {
      handled.call([event.attempt, performance.now()]);
      if (handled.all.length === 1) throw new Error("not today");
    });
    await handled.reached(2);
    const [[first, failed], [second, again]] = handled.all;
    assert.deepEqual([first, second], [1, 2]);
    assert.ok(again - failed >= 149, `after ${again - failed} ms`);
    const [, , , , , , delay, , reason] = proxy.commands.find(([name]) => name === "QNACK")!;
    assert.ok(Number(delay) >= 0.15 && Number(delay) <= 0.3, delay);
    assert.equal(reason, "not today");
  });

  test("nack sends the delay and the reason, or leaves the delay to the queue", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    await using proxy = new CommandProxy(addr);
    await using consumer = new Consumer({ addresses: proxy.address, queues, retryDelayMs: "queue", onError: () => {} });
    const handled = new Calls<number>();
    consumer.run(async (event) => {
      handled.call(event.attempt);
      if (event.attempt === 1) throw new Error("full");
      assert.throws(() => event.nack({ delayMs: -1 }), RangeError);
      assert.equal(await event.nack({ delayMs: 60_000, reason: "still full" }), true);
      assert.equal(await event.ack(), true, "the first call counts");
    });
    await handled.reached(2);
    await eventually(() => proxy.count("QNACK") === 2);
    const said = proxy.commands.filter(([name]) => name === "QNACK").map(([, , , , , ...options]) => options);
    assert.deepEqual(said, [["REASON", "full", "STATE"], ["DELAY", "60", "REASON", "still full", "STATE"]]);
    await eventually(async () => assert.equal(await processingOf(wire, queues), 0));
    assert.equal(await wire.command("QRPOP", queues), null);
    assert.equal(await totalOf(wire, queues), 1);
  });
});

Deno.test("A reason is the error's message, up to 1,024 bytes and cut between characters", () => {
  assert.equal(reasonOf(new TypeError("no")), "no");
  assert.equal(reasonOf(new TypeError()), "TypeError");
  assert.equal(reasonOf(new Error("full")), "full");
  assert.equal(reasonOf("text"), "text");
  for (const nothing of [undefined, null, 5, {}, Object.create(null), ""]) assert.equal(reasonOf(nothing), undefined);
  assert.equal(reasonOf("x" + "é".repeat(1000)), "x" + "é".repeat(511));
});
