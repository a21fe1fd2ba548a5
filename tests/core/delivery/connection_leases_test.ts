import { ConnectionLeases } from "../../../core/delivery/connection_leases.ts";
import type { ClaimedEvent } from "../../../core/delivery/claims.ts";
import { Log } from "../../../core/log.ts";
import { type Store, StoreUnavailable } from "../../../store/store.ts";
import { fields } from "../../support/fields.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachStore, serveForTest } from "../../support/stores.ts";
import { startCommand } from "../../support/waiting.ts";
import { bytes, connect, type Shown } from "../../support/wire.ts";

/** What QCLAIM returned, without receipts. */
const claimed = (reply: Shown) => (reply as Shown[][] | null)?.map((event) => event.slice(0, 4)) ?? null;

await forEachStore((store) => {
  store.test("QCLAIM HOLD leases until the connection closes: then the event is ready at once, and has failed", async (okq) => {
    const [consumer, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await other.command("QCONFIG", "SET", queue, "lease", "1");
    for (const id of ["1", "2"]) await other.command("QLPUSH", queue, id, "contents");
    const reply = await consumer.command("QCLAIM", "HOLD", "COUNT", "2", "QUEUES", okq.queue(), queue);
    assert.deepEqual(claimed(reply), [[queue, "1", "contents", 1], [queue, "2", "contents", 1]]);
    assert.ok(Number(fields(await other.command("QGET", queue, "1")).due) > 1000, "not by the policy of the queue");
    assert.equal(await consumer.command("QACK", queue, "1"), 1);
    const { reply: again } = await startCommand(other, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    consumer.close();
    assert.deepEqual(claimed(await again), [[queue, "2", "contents", 2]]);
    const { reason } = fields(await other.command("QGET", queue, "2"));
    assert.equal(reason, "The connection that held it was closed or reset");
  });

  store.test("QCLAIM BLOCK HOLD holds its event; QUIT, RESET and CLIENT KILL return it", async (okq) => {
    const other = await okq.connect();
    const queue = okq.queue();
    const ends = [["QUIT"], ["RESET"], ["CLIENT", "KILL"]];
    for (const [i, end] of ends.entries()) {
      const consumer = await okq.connect();
      const { reply } = await startCommand(consumer, "QCLAIM", "BLOCK", "600", "HOLD", "QUEUES", queue);
      if (i === 0) await other.command("QLPUSH", queue, "1", "contents");
      assert.deepEqual(claimed(await reply), [[queue, "1", "contents", i + 1]]);
      assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
      if (end[1] === "KILL") assert.equal(await other.command(...end, consumer.addr), "+OK");
      else await consumer.command(...end);
      await eventually(async () => {
        assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
      });
    }
  });

  store.test("An event whose last attempt fails by a closed connection is a dead letter", async (okq) => {
    const [consumer, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await other.command("QCONFIG", "SET", queue, "max-attempts", "1");
    await other.command("QLPUSH", queue, "1", "contents");
    await consumer.command("QCLAIM", "HOLD", "QUEUES", queue);
    consumer.close();
    await eventually(async () => {
      assert.deepEqual(await other.command("QRPEEK", `${queue}:dead`), ["1", "contents"]);
    });
  });

  store.test("Events that were settled before are not touched when the connection closes", async (okq) => {
    const [consumer, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    for (const id of ["1", "2", "3"]) await other.command("QLPUSH", queue, id, "contents");
    await consumer.command("QCLAIM", "HOLD", "COUNT", "3", "QUEUES", queue);
    assert.equal(await consumer.command("QNACK", queue, "1"), 1);
    assert.equal(await consumer.command("QACK", queue, "2", "REDO"), 1);
    assert.equal(await other.command("QACK", queue, "3", "REDO"), 1);
    const reply = claimed(await other.command("QCLAIM", "COUNT", "3", "QUEUES", queue));
    assert.deepEqual(reply?.map(([, id, , attempt]) => [id, attempt]), [["3", 2], ["2", 2], ["1", 2]]);
    consumer.close();
    await eventually(async () => assert.match(`${await other.command("INFO", "clients")}`, /connected_clients:1\r/));
    assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 3 processing: 3 consumers: 0`]);
  });

  store.test(
    "--max-held-events limits held events, and events beyond the limit are returned without an attempt",
    async (okq) => {
      const [one, two] = [await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      for (const id of ["1", "2", "3", "4"]) await one.command("QLPUSH", queue, id, "contents");
      const refusal = "-ERR too many held events: --max-held-events is 3";
      await one.command("QCLAIM", "HOLD", "COUNT", "2", "QUEUES", queue);
      assert.equal(await two.command("QCLAIM", "HOLD", "COUNT", "2", "QUEUES", queue), refusal);
      assert.deepEqual(claimed(await two.command("QCLAIM", "HOLD", "QUEUES", queue)), [[queue, "3", "contents", 1]]);
      assert.equal(await two.command("QCLAIM", "HOLD", "QUEUES", queue), refusal);
      assert.equal(await one.command("QACK", queue, "1"), 1);
      assert.deepEqual(claimed(await two.command("QCLAIM", "HOLD", "QUEUES", queue)), [[queue, "4", "contents", 1]]);
    },
    { maxHeldEvents: 3 },
  );
});

Deno.test("An orderly shutdown returns held events", async () => {
  const file = await Deno.makeTempFile();
  try {
    const url = `sqlite:${file}`;
    {
      const server = await serveForTest(url);
      await using client = await connect(server.addr);
      await client.command("QLPUSH", "jobs", "1", "contents");
      await client.command("QCLAIM", "HOLD", "QUEUES", "jobs");
      await server.close();
    }
    const server = await serveForTest(url);
    try {
      await using client = await connect(server.addr);
      assert.deepEqual(claimed(await client.command("QCLAIM", "QUEUES", "jobs")), [["jobs", "1", "contents", 2]]);
    } finally {
      await server.close();
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("ConnectionLeases renews leases, forgets those that have ended, and goes on with others when one fails", async () => {
  const touched: string[] = [];
  const store = {
    touch(_queue: Uint8Array, id: Uint8Array, leaseMs: number) {
      assert.equal(leaseMs, 30_000);
      const name = String.fromCharCode(...id);
      touched.push(name);
      if (name === "away") return Promise.reject(new StoreUnavailable("it is away", false));
      return Promise.resolve(name === "gone" ? 0 : 1);
    },
  } as unknown as Store;
  const client = { connected: true };
  const events = ["away", "gone", "held"].map((id): ClaimedEvent => ({
    ...{
      queue: bytes("jobs"),
      id: bytes(id),
      contents: bytes(""),
      receipt: bytes("r"),
      attempt: 1,
      group: null,
      meta: null,
    },
  }));
  const leases = new ConnectionLeases(store, new Log("silent"), 10);
  assert.equal(await leases.add(client, events), true);
  assert.equal(leases.size, 3);
  await assert.rejects(leases.renew(), StoreUnavailable);
  await assert.rejects(leases.renew(), StoreUnavailable);
  assert.deepEqual(touched, ["away", "gone", "held", "away", "held"]);
  assert.equal(leases.size, 2);
  for (const [id, count] of [["held", 0], ["away", 1], ["away", 1]] as const) {
    assert.equal(await leases.forgetIfApplied(client, bytes("jobs"), bytes(id), Promise.resolve(count)), count);
  }
  assert.equal(leases.size, 1);
});
