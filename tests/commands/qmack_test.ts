import { assert } from "../deps.ts";
import { badIds, badQueues, refuses, wrongArity } from "../support/refusals.ts";
import { forEachStore } from "../support/stores.ts";
import type { Shown, Wire } from "../support/wire.ts";

/** Claims events. Returns the arguments of QMACK for them. */
async function claim(client: Wire, queue: string, count: number, ...options: string[]): Promise<string[]> {
  const reply = await client.command("QCLAIM", "COUNT", `${count}`, ...options, "QUEUES", queue);
  return (reply as Shown[][]).flatMap(([, id, , , receipt]) => [`${id}`, `${receipt}`]);
}

async function push(client: Wire, queue: string, count: number): Promise<void> {
  await client.command("QMPUSH", queue, "EVENTS", ...Array.from({ length: count }, (_, i) => [`${i}`, "x"]).flat());
}

await forEachStore((store) => {
  refuses(store, "QMACK", (queue) => [
    [[], wrongArity("QMACK")],
    [[queue, "id"], wrongArity("QMACK")],
    [[queue, "1", "receipt", "2"], wrongArity("QMACK")],
    [[queue, ...Array(2002).fill("1")], "-ERR too many events: QMACK takes at most 1000"],
    ...badQueues((queue) => [queue, "id", "receipt"]),
    ...badIds((id) => [queue, "1", "receipt", id, "receipt"]),
  ]);

  store.test("QMACK acknowledges up to 1,000 deliveries", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await push(client, queue, 1000);
    const deliveries = await claim(client, queue, 1000);
    assert.equal(deliveries.length, 2000);
    assert.equal(await client.command("qmack", queue, ...deliveries), 1000);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    assert.equal(await client.command("QMACK", queue, ...deliveries), 0);
  });

  store.test("QMACK passes over deliveries that are not current, and acknowledges the others", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await push(client, queue, 5);
    const [old, , ...current] = await claim(client, queue, 3);
    await client.command("QACK", queue, old, "REDO");
    const [, again] = await claim(client, queue, 1);
    const given = [
      ...["absent", "receipt", "3", "not leased", old, "not a receipt", old, `${again}0`],
      ...current,
      ...current,
    ];
    assert.equal(await client.command("QMACK", queue, ...given), 2);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 3 processing: 1 consumers: 0`]);
    assert.equal(await client.command("QMACK", queue, old, again), 1);
  });

  store.test("QMACK ends the hold of events claimed with HOLD", async (okq) => {
    const [holder, client] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await push(client, queue, 2);
    const deliveries = await claim(holder, queue, 2, "HOLD");
    assert.equal(await holder.command("QMACK", queue, ...deliveries, "absent", "receipt"), 2);
    // There is room for one held event again.
    await push(client, queue, 2);
    assert.equal((await claim(holder, queue, 2, "HOLD")).length, 4);
  }, { maxHeldEvents: 2 });
});
