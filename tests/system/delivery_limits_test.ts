import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { claimIds, idsOf, statsOf } from "../support/groups.ts";
import { forEachStore, forRedis } from "../support/stores.ts";
import { startCommand, startWaiting } from "../support/waiting.ts";
import type { Wire } from "../support/wire.ts";

/** Sets fields of a queue's policy, and pushes events with the ids "0", "1" … */
async function fill(client: Wire, queue: string, events: number, ...fields: string[]): Promise<void> {
  assert.equal(await client.command("QCONFIG", "SET", queue, ...fields), "+OK");
  const ids = Array.from({ length: events }, (_, i) => `${i}`);
  assert.equal(await client.command("QMPUSH", queue, "EVENTS", ...ids.flatMap((id) => [id, "x"])), "+OK");
}

await forEachStore((store) => {
  store.test("QRPOP and QCLAIM find nothing while max-processing events are being processed", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await fill(client, queue, 5, "max-processing", "2");
    assert.deepEqual(await claimIds(client, queue, 10), ["0", "1"]);
    for (const options of [[], ["NOACK"]]) assert.equal(await client.command("QRPOP", queue, ...options), null);
    assert.deepEqual(await claimIds(client, queue, 10), []);
    const { processing, ready, limited } = await statsOf(client, queue);
    assert.deepEqual([processing, ready, limited], [2, 3, 1]);
    await client.command("QACK", queue, "1");
    assert.equal((await statsOf(client, queue)).limited, 0);
    assert.deepEqual(await client.command("QRPOP", queue), ["2", "x"]);
    assert.equal(await client.command("QRPOP", queue), null);
  });

  store.test("An event that is popped with NOACK is never being processed", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await fill(client, queue, 3, "max-processing", "1");
    for (const id of ["0", "1", "2"]) assert.deepEqual(await client.command("QRPOP", queue, "NOACK"), [id, "x"]);
  });

  store.test("A queue without ready events is not limited", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await fill(client, queue, 1, "max-processing", "1", "rate", "0.00001");
    assert.equal((await statsOf(client, queue)).limited, 1);
    await client.command("QCONFIG", "SET", queue, "rate", "0");
    assert.deepEqual(await claimIds(client, queue), ["0"]);
    assert.equal((await statsOf(client, queue)).limited, 0);
  });

  const ENDS: Record<string, (client: Wire, queue: string) => Promise<unknown>> = {
    QACK: (client, queue) => client.command("QACK", queue, "0"),
    QNACK: (client, queue) => client.command("QNACK", queue, "0", "DELAY", "600"),
    "QNACK DEAD": (client, queue) => client.command("QNACK", queue, "0", "DEAD"),
    "the end of a lease": (client, queue) => client.command("QTOUCH", queue, "0", "EX", "0.02"),
    "a higher max-processing": (client, queue) => client.command("QCONFIG", "SET", queue, "max-processing", "2"),
  };
  for (const [what, end] of Object.entries(ENDS)) {
    store.test(`Consumers that wait for max-processing are told of room after ${what}`, async (okq) => {
      const [client, consumer] = [await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      await fill(client, queue, 3, "max-processing", "1");
      assert.deepEqual(await claimIds(client, queue, 10), ["0"]);
      const { reply } = await startCommand(consumer, "QCLAIM", "BLOCK", "600", "COUNT", "10", "QUEUES", queue);
      await end(client, queue);
      assert.deepEqual(idsOf(await reply), [what === "the end of a lease" ? "0" : "1"]);
    });
  }

  store.test("QNOTIFY does not name a limited queue, and wakes when there is room", async (okq) => {
    const [client, consumer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await fill(client, queue, 2, "max-processing", "1");
    assert.deepEqual(await claimIds(client, queue), ["0"]);
    await consumer.command("QREGISTER", queue);
    assert.equal(await consumer.command("QNOTIFY", "0"), null);
    assert.equal(await consumer.command("QNOTIFY", "0.05"), null);
    const { reply } = await startWaiting(consumer);
    await client.command("QACK", queue, "0");
    assert.equal(await reply, queue);
  });

  store.test("A rate that was just set has nothing to hand out, and QSTATS says so", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await fill(client, queue, 2, "rate", "0.001");
    assert.equal(await client.command("QRPOP", queue), null);
    assert.equal(await client.command("QRPOP", queue, "NOACK"), null);
    assert.deepEqual(await claimIds(client, queue, 10), []);
    assert.equal((await statsOf(client, queue)).limited, 1);
    assert.equal(await client.command("QACK", queue, "0"), 1);
    await client.command("QCONFIG", "SET", queue, "rate", "0");
    assert.equal((await statsOf(client, queue)).limited, 0);
    assert.deepEqual(await claimIds(client, queue, 10), ["1"]);
  });

  store.test("Consumers that wait for the rate get events one by one, no faster than it allows", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const since = performance.now();
    await fill(client, queue, 10, "rate", "10");
    for (let i = 0; i < 6; i++) {
      assert.deepEqual(idsOf(await client.command("QCLAIM", "BLOCK", "600", "QUEUES", queue)), [`${i}`]);
      // The clocks of the store and of the test may be rounded to milliseconds.
      assert.ok(performance.now() - since > (i + 1) * 100 - 5);
    }
  });

  store.test("QNOTIFY wakes when the rate allows the next event, and NOACK pops count", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const since = performance.now();
    await fill(client, queue, 4, "rate", "10");
    await client.command("QREGISTER", queue);
    for (let i = 0; i < 4; i++) {
      assert.equal(await client.command("QNOTIFY", "600"), queue);
      assert.deepEqual(await client.command("QRPOP", queue, "NOACK"), [`${i}`, "x"]);
    }
    assert.ok(performance.now() - since > 395);
  });

  store.test("At most one second's worth of a rate is saved up, and at least one event", async (okq) => {
    const client = await okq.connect();
    const [queue, slow, clock] = [okq.queue(), okq.queue(), okq.queue()];
    const since = performance.now();
    await fill(client, queue, 30, "rate", "10");
    await fill(client, slow, 3, "rate", "0.8");
    await client.command("QLPUSH", clock, "over", "x", "DELAY", "2.6");
    await client.command("QCLAIM", "BLOCK", "600", "QUEUES", clock);
    const claims = [queue, slow].map((name) => ["QCLAIM", "COUNT", "30", "QUEUES", name]);
    await client.sendTogether(...claims);
    assert.equal(idsOf(await client.shown()).length, 10);
    assert.equal(idsOf(await client.shown()).length, 1);
    assert.ok(performance.now() - since > 2595);
  });

  store.test("Events that come back are delivered within the rate, too", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const since = performance.now();
    await fill(client, queue, 1, "rate", "10");
    for (let i = 0; i < 4; i++) {
      assert.deepEqual(idsOf(await client.command("QCLAIM", "BLOCK", "600", "QUEUES", queue)), ["0"]);
      assert.equal(await client.command("QACK", queue, "0", "REDO"), 1);
    }
    assert.ok(performance.now() - since > 395);
  });
});

await forRedis((store) => {
  store.test("max-processing holds across okq instances, and each of them tells its consumers of room", async (okq) => {
    const other = await okq.serve();
    const [client, consumer] = [await okq.connect(), await okq.connect(other.addr)];
    const queue = okq.queue();
    await fill(client, queue, 4, "max-processing", "2");
    assert.deepEqual(await claimIds(client, queue), ["0"]);
    assert.deepEqual(await claimIds(consumer, queue, 10), ["1"]);
    assert.deepEqual(await claimIds(client, queue, 10), []);
    const { reply } = await startCommand(consumer, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    await client.command("QACK", queue, "0");
    assert.deepEqual(idsOf(await reply), ["2"]);
    assert.equal((await statsOf(client, queue)).limited, 1);
  });

  store.test("A rate holds across okq instances, whose waiting consumers share it", async (okq) => {
    const other = await okq.serve();
    const [client, ...consumers] = [await okq.connect(), await okq.connect(), await okq.connect(other.addr)];
    const queue = okq.queue();
    const since = performance.now();
    await fill(client, queue, 8, "rate", "10");
    const taken: string[] = [];
    await Promise.all(consumers.map(async (consumer) => {
      for (let i = 0; i < 4; i++) {
        taken.push(...idsOf(await consumer.command("QCLAIM", "BLOCK", "600", "QUEUES", queue)));
        assert.ok(performance.now() - since > taken.length * 100 - 5);
      }
    }));
    assert.equal(taken.length, 8);
    await eventually(async () => assert.equal((await statsOf(client, queue)).processing, 8));
  });
});
