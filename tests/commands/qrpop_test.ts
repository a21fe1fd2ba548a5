import { qrpop } from "../../commands/qrpop.ts";
import type { ClientContext } from "../../core/context.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes } from "../support/wire.ts";
import { badQueues, NO_TIMES, outOfRange, refuses, syntaxError, wrongArity } from "../support/refusals.ts";

Deno.test("QRPOP without EX leaves the lease time to the store", async () => {
  const asked: (number | undefined)[] = [];
  const store = {
    pop(_queue: Uint8Array, leaseMs?: number) {
      asked.push(leaseMs);
      return Promise.resolve(null);
    },
  };
  const client = { server: { store } } as unknown as ClientContext;
  for (const options of [[], ["EX", "0.25"], ["EX", "90"], ["EX", "0"], ["NOACK"], ["EX", "90", "NOACK"]]) {
    assert.equal(await qrpop.handle(client, ["QRPOP", "q", ...options].map(bytes)), null);
  }
  assert.deepEqual(asked, [undefined, 250, 90_000, 0, 0, 0]);
});

await forEachStore((store) => {
  refuses(store, "QRPOP", (queue) => [
    [[], wrongArity("QRPOP")],
    [[queue, "EX", "1", "NOACK", "NOACK"], wrongArity("QRPOP")],
    [[queue, "EX"], syntaxError("EX")],
    [[queue, "NOACK", "EX"], syntaxError("EX")],
    [[queue, "ACK"], syntaxError("ACK")],
    [[queue, "EX", "1", "ACK"], syntaxError("ACK")],
    [[queue, "NOACK", "NOACK"], syntaxError("NOACK")],
    [[queue, "1", "EX"], syntaxError("1")],
    [[queue, "constructor", "1"], syntaxError("constructor")],
    ...badQueues((queue) => [queue]),
    ...NO_TIMES.map((time): [string[], RegExp] => [[queue, "EX", time], outOfRange("EX")]),
    ...NO_TIMES.map((time): [string[], RegExp] => [[queue, "NOACK", "EX", time], outOfRange("EX")]),
  ]);

  store.test("QRPOP with invalid arguments leases nothing", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    for (const args of [["EX", "-1"], ["EX"], ["NOACK", "EX", "nan"], ["NOPE"], ["EX", "1", "NOPE"]]) {
      assert.match(`${await client.command("QRPOP", queue, ...args)}`, /^-ERR /);
    }
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
  });

  store.test("QRPOP returns nil on an empty queue", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("QRPOP", okq.queue()), null);
  });

  store.test("QRPOP leases the event: it counts as processing and is not delivered again", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "contents"]);
    assert.equal(await client.command("QRPOP", queue), null);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
  });

  store.test("QRPOP events return to the right end after their lease ended", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["first", "second"]) await client.command("QLPUSH", queue, id, "contents");
    // Sent together, so that the lease does not end in between.
    await client.sendTogether(["QRPOP", queue, "EX", "0.5"], ["QRPEEK", queue]);
    assert.deepEqual(await client.shown(), ["first", "contents"]);
    assert.deepEqual(await client.shown(), ["second", "contents"]);
    await eventually(async () => {
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 0 consumers: 0`]);
    });
    assert.deepEqual(await client.command("QRPOP", queue, "ex", "10"), ["first", "contents"]);
    assert.deepEqual(await client.command("QRPOP", queue, "eX", "10"), ["second", "contents"]);
  });

  store.test("QRPOP events return every time their lease ends", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    for (let delivery = 1; delivery <= 3; delivery++) {
      await eventually(async () => {
        assert.deepEqual(await client.command("QRPOP", queue, "EX", "0.0001"), ["id", "contents"]);
      });
    }
    assert.equal(await client.command("QACK", queue, "id"), 1);
  });

  for (const options of [["NOACK"], ["EX", "0"], ["EX", "0.000"], ["EX", "5", "NOACK"], ["noack", "ex", "0"]]) {
    store.test(`QRPOP ${options.join(" ")} acknowledges in the same step`, async (okq) => {
      const client = await okq.connect();
      const queue = okq.queue();
      await client.command("QLPUSH", queue, "id", "contents");
      assert.deepEqual(await client.command("QRPOP", queue, ...options), ["id", "contents"]);
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
      assert.equal(await client.command("QACK", queue, "id"), 0);
      assert.equal(await client.command("QLPUSH", queue, "id", "again"), "+OK");
    });
  }

  // 3,000,000 s exceed a 32-bit timer in milliseconds.
  for (const seconds of ["3000000", "99999999999", "1".padEnd(40, "0")]) {
    store.test(`QRPOP EX ${seconds} leases for long or refuses, and never loses the event`, async (okq) => {
      const client = await okq.connect();
      const queue = okq.queue();
      await client.command("QLPUSH", queue, "id", "contents");
      const popped = await client.command("QRPOP", queue, "EX", seconds);
      if (typeof popped === "string") {
        assert.match(popped, outOfRange("EX"));
        assert.notEqual(seconds, "3000000", "a month is a lease like any other");
        assert.deepEqual(await client.command("QRPOP", queue), ["id", "contents"]);
      }
      // The long lease must not have ended when a lease of 0.1 s has.
      const other = okq.queue();
      await client.command("QLPUSH", other, "short", "contents");
      await client.command("QRPOP", other, "EX", "0.1");
      await eventually(async () => assert.notEqual(await client.command("QRPEEK", other), null));
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
      assert.equal(await client.command("QACK", queue, "id"), 1);
    });
  }

  store.test("QRPOP delivers each event to one of many consumers", async (okq) => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => okq.connect()));
    const queue = okq.queue();
    for (let id = 0; id < 100; id++) await clients[0].command("QLPUSH", queue, `${id}`, "contents");
    const popped = await Promise.all(clients.map(async (client) => {
      for (let i = 0; i < 30; i++) await client.send("QRPOP", queue);
      const ids = [];
      for (let i = 0; i < 30; i++) ids.push(await client.shown());
      return ids.filter((event) => event !== null).map((event) => (event as string[])[0]);
    }));
    assert.deepEqual(popped.flat().toSorted(), Array.from({ length: 100 }, (_, id) => `${id}`).toSorted());
  });
});
