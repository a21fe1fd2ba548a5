import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes, type Shown, type Wire } from "../support/wire.ts";
import { badQueues, outOfRange, type Refusal, refuses, syntaxError, wrongArity } from "../support/refusals.ts";
import { Stopwatch } from "../support/stopwatch.ts";

/** The events of all pages, and the number of pages. */
async function pages(client: Wire, ...command: string[]): Promise<{ rows: Shown[][]; count: number }> {
  const rows: Shown[][] = [];
  let cursor = "0";
  let count = 0;
  do {
    const [next, more] = await client.command("QLIST", ...command, "CURSOR", cursor) as [string, Shown[][]];
    rows.push(...more);
    cursor = next;
    count++;
  } while (cursor !== "0");
  return { rows, count };
}

await forEachStore((store) => {
  refuses(store, "QLIST", (queue) => [
    [[], wrongArity("QLIST")],
    [[queue, "COUNT", "1", "STATE", "ready", "CURSOR", "0", "MATCH", "*", "more"], wrongArity("QLIST")],
    [[queue, "MATCH"], syntaxError("MATCH")],
    [[queue, "MATCH", "x".repeat(1025)], "-ERR pattern must be at most 1024 bytes long"],
    [[queue, "STATE"], syntaxError("STATE")],
    [[queue, "STATE", "dead"], "-ERR syntax error near 'dead': STATE is ready, processing, delayed or blocked"],
    [[queue, "NOPE", "1"], syntaxError("NOPE")],
    ...["nonsense", "", "\0\xff", "9".repeat(100_000)].map((
      it,
    ): Refusal => [[queue, "CURSOR", it], "-ERR invalid cursor"]),
    ...["", "x", "0", "-1", "1.5"].map((n): Refusal => [[queue, "COUNT", n], outOfRange("COUNT")]),
    ...badQueues((queue) => [queue]),
  ]);

  store.test("QLIST returns the events of a queue with their states, and leases none", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const stopwatch = new Stopwatch();
    assert.deepEqual(await client.command("QLIST", queue), ["0", []]);
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, id.repeat(10));
    await client.command("QLPUSH", queue, "later", "", "DELAY", "600");
    await client.command("QRPOP", queue, "EX", "300");
    await client.command("QRPOP", queue);
    await client.command("QACK", queue, "2", "REDO");
    const { rows } = await pages(client, queue);
    for (const [, , , age] of rows) stopwatch.assertAge(Number(age));
    assert.deepEqual(rows.map(([id, state, attempts, , size]) => [id, state, attempts, size]), [
      ["2", "ready", 1, 10],
      ["3", "ready", 0, 10],
      ["1", "processing", 1, 10],
      ["later", "delayed", 0, 0],
    ]);
    const due = rows.map((row) => Number(row[5]));
    assert.deepEqual(due.slice(0, 2), [0, 0]);
    stopwatch.assertRemaining(due[2], 300_000);
    stopwatch.assertRemaining(due[3], 600_000);
    for (const [i, state] of ["ready", "PROCESSING", "delayed"].entries()) {
      const { rows } = await pages(client, queue, "state", state);
      assert.deepEqual(rows.map(([id]) => id), [["2", "3"], ["1"], ["later"]][i]);
    }
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 4 processing: 1 consumers: 0`]);
  });

  store.test("QLIST returns a long queue page by page", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = Array.from({ length: 250 }, (_, i) => `${i}`);
    for (const id of ids) await client.send("QLPUSH", queue, id, "contents");
    for (const _ of ids) assert.equal(await client.shown(), "+OK");
    const { rows, count } = await pages(client, queue, "STATE", "ready", "COUNT", "100");
    assert.deepEqual(rows.map(([id]) => id), ids);
    assert.ok(count >= 3);
    const [, first] = await client.command("QLIST", queue) as [string, Shown[]];
    assert.equal(first.length, 10);
  });

  store.test("QLIST MATCH returns only events whose ids match, page by page", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = ["order-1", "order-12", "mail-1", "ORDER-1", "order[1]", "order-\xff"];
    for (const id of ids) await client.command("QLPUSH", queue, bytes(id), "contents");
    await client.command("QLPUSH", queue, "order-9", "contents", "DELAY", "600");
    const found = async (...options: string[]) => {
      const { rows, count } = await pages(client, queue, ...options);
      assert.ok(count > 1);
      return rows.map(([id]) => id);
    };
    assert.deepEqual(await found("COUNT", "1", "MATCH", "order-?"), ["order-1", "order-\xff", "order-9"]);
    assert.deepEqual(await found("STATE", "ready", "MATCH", "order-?*", "COUNT", "1"), [
      ...["order-1", "order-12", "order-\xff"],
    ]);
    assert.deepEqual(await found("match", "[^o]*1", "COUNT", "2"), ["mail-1", "ORDER-1"]);
    assert.deepEqual(await found("MATCH", "order\\[1]", "COUNT", "2"), ["order[1]"]);
    assert.deepEqual(await found("MATCH", "order-", "COUNT", "2"), []);
  });
});
