import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { fields } from "../support/fields.ts";
import { claimIds } from "../support/groups.ts";
import { type Fixture, forEachStore, forRedis } from "../support/stores.ts";
import { Stopwatch } from "../support/stopwatch.ts";
import type { Shown, Wire } from "../support/wire.ts";

/** The ways to acknowledge the only event of a queue, which is ready. */
const ACKS: Record<string, (client: Wire, queue: string, id: string) => Promise<unknown>> = {
  "QACK by id": (client, queue, id) => client.command("QACK", queue, id),
  async "QACK with RECEIPT"(client, queue, id) {
    const [[, , , , receipt]] = await client.command("QCLAIM", "QUEUES", queue) as Shown[][];
    await client.command("QACK", queue, id, "RECEIPT", `${receipt}`);
  },
  async "QMACK"(client, queue, id) {
    const [[, , , , receipt]] = await client.command("QCLAIM", "QUEUES", queue) as Shown[][];
    await client.command("QMACK", queue, id, `${receipt}`);
  },
  "QRPOP NOACK": (client, queue) => client.command("QRPOP", queue, "NOACK"),
  "QRPOP EX 0": (client, queue) => client.command("QRPOP", queue, "EX", "0"),
  "QCLAIM EX 0": (client, queue) => client.command("QCLAIM", "EX", "0", "QUEUES", queue),
};

/** A queue that remembers ids, by default for ten minutes. */
async function remembering(okq: Fixture, client: Wire, seconds = "600"): Promise<string> {
  const queue = okq.queue();
  assert.equal(await client.command("QCONFIG", "SET", queue, "remember", seconds), "+OK");
  return queue;
}

await forEachStore((store) => {
  for (const [way, acknowledge] of Object.entries(ACKS)) {
    store.test(`With remember, a push of an id that ${way} acknowledged is a duplicate`, async (okq) => {
      const client = await okq.connect();
      const queue = await remembering(okq, client);
      assert.equal(await client.command("QLPUSH", queue, "1", "contents", "GROUP", "ann", "META", "m"), "+OK");
      const stopwatch = new Stopwatch();
      await acknowledge(client, queue, "1");
      for (const push of [["QLPUSH"], ["QRPUSH"]]) {
        assert.equal(await client.command(...push, queue, "1", "contents"), "-ERR duplicate event 1");
      }
      assert.equal(await client.command("QLPUSH", queue, "1", "contents", "DELAY", "1"), "-ERR duplicate event 1");
      assert.equal(await client.command("QMPUSH", queue, "EVENTS", "2", "x", "1", "x"), "-ERR duplicate event 1");
      assert.equal(await client.command("QACK", queue, "1"), 0);
      const { due, ...done } = fields(await client.command("QGET", queue, "1"));
      stopwatch.assertRemaining(Number(due), 600_000);
      assert.deepEqual(done, {
        ...{ id: "1", state: "done", attempts: 0, age: 0, size: 0, ttl: null, reason: "", group: null, meta: null },
        contents: "",
      });
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
      assert.deepEqual(await client.command("QLIST", queue), ["0", []]);
      assert.equal(await client.command("QLPUSH", okq.queue(), "1", "contents"), "+OK");
    });
  }

  store.test("An id is free again when the time of remember is over", async (okq) => {
    const client = await okq.connect();
    const queue = await remembering(okq, client, "0.2");
    // Sent together, so that the id is not forgotten in between.
    const push = ["QLPUSH", queue, "1", "contents"];
    await client.sendTogether(push, ["QACK", queue, "1"], push);
    assert.deepEqual([await client.shown(), await client.shown()], ["+OK", 1]);
    assert.equal(await client.shown(), "-ERR duplicate event 1");
    await eventually(async () => assert.equal(await client.command(...push), "+OK"));
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
  });

  store.test("An id is remembered for the time that was set when it was acknowledged, and not without one", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "before", "contents");
    await client.command("QACK", queue, "before");
    await client.command("QCONFIG", "SET", queue, "remember", "600");
    assert.equal(await client.command("QLPUSH", queue, "before", "contents"), "+OK");
    const stopwatch = new Stopwatch();
    await client.command("QACK", queue, "before");
    await client.command("QCONFIG", "SET", queue, "remember", "60");
    stopwatch.assertRemaining(Number(fields(await client.command("QGET", queue, "before")).due), 600_000);
    await client.command("QCONFIG", "SET", queue, "remember", "0");
    assert.equal(await client.command("QLPUSH", queue, "before", "contents"), "+OK");
  });

  store.test("QFLUSH forgets remembered ids", async (okq) => {
    const client = await okq.connect();
    const queue = await remembering(okq, client);
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QACK", queue, "1");
    await client.command("QFLUSH", queue);
    assert.equal(await client.command("QGET", queue, "1"), null);
    assert.equal(await client.command("QLPUSH", queue, "1", "contents"), "+OK");
  });

  store.test("An event that expired, died, was moved or flushed is not remembered", async (okq) => {
    const client = await okq.connect();
    const queue = await remembering(okq, client);
    await client.command("QLPUSH", queue, "expired", "contents", "TTL", "0.02");
    await eventually(async () => assert.equal(await client.command("QGET", queue, "expired"), null));
    await client.command("QLPUSH", queue, "dead", "contents");
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, "dead", "DEAD");
    await client.command("QLPUSH", queue, "moved", "contents");
    assert.equal(await client.command("QMOVE", queue, `${queue}:dead`), 1);
    await client.command("QLPUSH", queue, "flushed", "contents");
    await client.command("QFLUSH", queue);
    for (const id of ["expired", "dead", "moved", "flushed"]) {
      assert.equal(await client.command("QLPUSH", queue, id, "contents"), "+OK", id);
    }
  });

  store.test("Dead letters and QMOVE do not ask for remembered ids", async (okq) => {
    const client = await okq.connect();
    const queue = await remembering(okq, client);
    const dead = `${queue}:dead`;
    await client.command("QCONFIG", "SET", dead, "remember", "600");
    for (const name of [queue, dead]) {
      await client.command("QLPUSH", name, "1", "contents");
      await client.command("QACK", name, "1");
    }
    await client.command("QCONFIG", "SET", queue, "remember", "0");
    await client.command("QLPUSH", queue, "1", "again");
    assert.deepEqual(await claimIds(client, queue), ["1"]);
    assert.equal(await client.command("QNACK", queue, "1", "DEAD", "STATE"), "dead");
    assert.deepEqual(await client.command("QRPEEK", dead), ["1", "again"]);
    await client.command("QCONFIG", "SET", queue, "remember", "600");
    await client.command("QLPUSH", queue, "2", "contents");
    await client.command("QACK", queue, "2");
    await client.command("QLPUSH", dead, "2", "again");
    assert.equal(await client.command("QMOVE", dead, queue), 2);
    assert.deepEqual(await claimIds(client, queue, 10), ["1", "2"]);
  });

  store.test("A NOBLOCK push of a remembered id changes nothing", async (okq) => {
    const client = await okq.connect();
    const queue = await remembering(okq, client);
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QACK", queue, "1");
    for (const id of ["1", "2"]) {
      assert.equal(await client.command("QLPUSH", queue, id, "contents", "NOBLOCK"), "+OK");
    }
    await eventually(async () => assert.deepEqual(await claimIds(client, queue, 10), ["2"]));
    assert.equal(fields(await client.command("QGET", queue, "1")).state, "done");
  }, { logLevel: "error" });
});

await forRedis((store) => {
  store.test("A push through another okq is a duplicate, too", async (okq) => {
    const other = await okq.serve();
    const [client, producer] = [await okq.connect(), await okq.connect(other.addr)];
    const queue = await remembering(okq, client);
    await producer.command("QLPUSH", queue, "1", "contents");
    assert.deepEqual(await client.command("QRPOP", queue, "NOACK"), ["1", "contents"]);
    assert.equal(await producer.command("QLPUSH", queue, "1", "contents"), "-ERR duplicate event 1");
  });
});
