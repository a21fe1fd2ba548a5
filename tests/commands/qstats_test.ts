import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { badQueues, refuses } from "../support/refusals.ts";
import { Stopwatch } from "../support/stopwatch.ts";

await forEachStore((store) => {
  refuses(store, "QSTATS", (queue) => [
    ...badQueues((queue) => [queue]),
    ...badQueues((bad) => [queue, bad, queue]),
  ]);

  store.test("QSTATS returns arrays of integers in RESP2", async (okq) => {
    const client = await okq.connect();
    const [queue, empty] = [okq.queue(), okq.queue()];
    const stopwatch = new Stopwatch();
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "contents");
    await client.command("QRPOP", queue);
    await client.command("QREGISTER", queue);
    const rows = await client.command("QSTATS", empty, queue) as unknown[][];
    assert.deepEqual(rows[0], [empty, ...Array(14).fill(0)]);
    const [name, total, processing, consumers, ready, delayed, oldest, paused, ...counts] = rows[1];
    assert.deepEqual([name, total, processing, consumers, ready, delayed, paused], [queue, 2, 1, 1, 1, 0, 0]);
    stopwatch.assertAge(Number(oldest));
    assert.deepEqual(counts, [2, 0, 0, 0, 0, 0, 0]);
  });

  store.test("QSTATS counts pushes, acknowledgements, redeliveries and dead letters", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    const counts = async (queue: string) => {
      const [row] = await client.command("QSTATS", queue) as unknown[][];
      const [, total, , , ready, delayed, , paused, pushed, acked, redelivered, dead, expired] = row;
      return { total, ready, delayed, paused, pushed, acked, redelivered, dead, expired };
    };
    await client.command("QCONFIG", "SET", queue, "max-attempts", "2");
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, "contents");
    assert.equal(await client.command("QLPUSH", queue, "1", "contents"), "-ERR duplicate event 1");
    await client.command("QLPUSH", queue, "late", "contents", "DELAY", "600");
    for (let attempt = 1; attempt <= 2; attempt++) {
      await client.command("QRPOP", queue);
      await client.command("QNACK", queue, "1");
    }
    await client.command("QRPOP", queue);
    await client.command("QACK", queue, "2");
    await client.command("QRPOP", queue, "NOACK");
    await client.command("QPAUSE", queue);
    await client.command("QLPUSH", queue, "short", "contents", "TTL", "0.02");
    const sofar = { ready: 0, delayed: 1, paused: 1, pushed: 5, acked: 2, redelivered: 1, dead: 1, expired: 1 };
    await eventually(async () => assert.deepEqual(await counts(queue), { total: 1, ...sofar }));
    const { pushed, dead: died, total } = await counts(dead);
    assert.deepEqual([pushed, died, total], [0, 0, 1]);
  });

  store.test("QSTATS returns maps in RESP3", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("HELLO", "3");
    await client.command("QLPUSH", queue, "id", "contents");
    const [row] = await client.command("QSTATS", queue) as Map<string, unknown>[];
    assert.ok(row instanceof Map);
    row.delete("oldest");
    assert.deepEqual([...row], [
      ...[["queue", queue], ["total", 1], ["processing", 0], ["consumers", 0]],
      ...[["ready", 1], ["delayed", 0], ["paused", 0]],
      ...[["pushed", 1], ["acked", 0], ["redelivered", 0], ["dead", 0], ["expired", 0]],
      ...[["blocked", 0], ["limited", 0]],
    ]);
  });

  store.test("QSTATS without arguments returns the active queues", async (okq) => {
    const client = await okq.connect();
    const [full, empty] = [okq.queue(), okq.queue()];
    await client.command("QLPUSH", full, "id", "contents");
    const rows = await client.command("QSTATS") as unknown[][];
    assert.equal(rows.filter(([queue]) => queue === full).length, 1);
    assert.equal(rows.filter(([queue]) => queue === empty).length, 0);
  });
});
