import { assert } from "../deps.ts";
import { forEachStore } from "../stores.ts";
import { badQueues, refuses } from "./refusals.ts";

await forEachStore((store) => {
  refuses(store, "QSTATS", (queue) => [
    ...badQueues((queue) => [queue]),
    ...badQueues((bad) => [queue, bad, queue]),
  ]);

  store.test("QSTATS shows rows of integers in RESP2", async (okq) => {
    const client = await okq.connect();
    const [queue, empty] = [okq.queue(), okq.queue()];
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "contents");
    await client.command("QRPOP", queue);
    await client.command("QREGISTER", queue);
    const rows = await client.command("QSTATS", empty, queue) as unknown[][];
    assert.deepEqual(rows.map((row) => row.slice(0, 4)), [[empty, 0, 0, 0], [queue, 2, 1, 1]]);
  });

  store.test("QSTATS shows maps in RESP3", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("HELLO", "3");
    await client.command("QLPUSH", queue, "id", "contents");
    const [row] = await client.command("QSTATS", queue) as Map<string, unknown>[];
    assert.ok(row instanceof Map);
    assert.deepEqual([...row].slice(0, 4), [["queue", queue], ["total", 1], ["processing", 0], ["consumers", 0]]);
  });

  store.test("QSTATS without arguments shows the active queues", async (okq) => {
    const client = await okq.connect();
    const [full, empty] = [okq.queue(), okq.queue()];
    await client.command("QLPUSH", full, "id", "contents");
    const rows = await client.command("QSTATS") as unknown[][];
    assert.equal(rows.filter(([queue]) => queue === full).length, 1);
    assert.equal(rows.filter(([queue]) => queue === empty).length, 0);
  });
});
