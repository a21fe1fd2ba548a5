import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes } from "../support/wire.ts";
import { badQueues, refuses } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QSTATUS", (queue) => [
    ...badQueues((queue) => [queue]),
    ...badQueues((bad) => [queue, bad, queue]),
  ]);

  store.test("QSTATUS returns a line per queue in the requested order, zeros for one that does not exist", async (okq) => {
    const client = await okq.connect();
    const queues = [okq.queue(), okq.queue(), okq.queue()].toSorted();
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queues[0], id, "contents");
    await client.command("QRPOP", queues[0]);
    await client.command("QREGISTER", queues[0], queues[1]);
    assert.deepEqual(await client.command("QSTATUS", queues[2], queues[1], queues[0], queues[1]), [
      `${queues[2]} total: 0 processing: 0 consumers: 0`,
      `${queues[1]} total: 0 processing: 0 consumers: 1`,
      `${queues[0]} total: 3 processing: 1 consumers: 1`,
      `${queues[1]} total: 0 processing: 0 consumers: 1`,
    ]);
  });

  store.test("QSTATUS without arguments returns the active queues in ascending byte order", async (okq) => {
    const [client, consumer] = [await okq.connect(), await okq.connect()];
    const prefix = okq.queue();
    // Differs from the order of UTF-16 and of locales; one name is a prefix of another.
    const names = [
      "\x00",
      "\x00\x01",
      "A",
      "Z",
      "a",
      "a:",
      "b",
      "\x7f",
      "\xc3\xa9",
      "\xef\xbf\xbd",
      "\xf0\x9f",
      "\xff",
    ];
    const queues = names.map((name) => bytes(prefix + name));
    for (const queue of queues.toReversed()) await client.command("QLPUSH", queue, "id", "contents");
    await consumer.command("QREGISTER", `${prefix}c`);
    await client.command("QRPOP", queues[2]);

    const active = async () =>
      (await client.command("QSTATUS") as string[])
        .filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
    const lines = names.map((name) => `${name} total: 1 processing: ${name === "A" ? 1 : 0} consumers: 0`);
    assert.deepEqual(await active(), [
      ...lines.slice(0, 7),
      "c total: 0 processing: 0 consumers: 1",
      ...lines.slice(7),
    ]);

    for (const queue of queues.slice(1)) await client.command("QFLUSH", queue);
    await consumer.command("QREGISTER");
    assert.deepEqual(await active(), [lines[0]]);
    await client.command("QRPOP", queues[0], "NOACK");
    assert.deepEqual(await active(), []);
  });

  store.test("QSTATUS forgets a queue whose last event is acknowledged", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const isActive = async () => (await client.command("QSTATUS") as string[]).some((line) => line.startsWith(queue));
    await client.command("QLPUSH", queue, "id", "contents");
    assert.equal(await isActive(), true);
    await client.command("QRPOP", queue);
    assert.equal(await isActive(), true);
    await client.command("QACK", queue, "id");
    assert.equal(await isActive(), false);
  });

  store.test("QSTATUS returns names of any bytes unchanged", async (okq) => {
    const client = await okq.connect();
    const queue = `${okq.queue()}\r\n\0\xff\xfe total: 7`;
    await client.command("QLPUSH", bytes(queue), "id", "contents");
    assert.deepEqual(await client.command("QSTATUS", bytes(queue)), [`${queue} total: 1 processing: 0 consumers: 0`]);
  });

  store.test("QSTATUS is an array of lines in RESP3 too", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("HELLO", "3");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  });

  store.test("QSTATUS returns arrays with --qstatus array", async (okq) => {
    const client = await okq.connect();
    const [queue, other] = [okq.queue(), okq.queue()];
    await client.command("QLPUSH", queue, "id", "contents");
    assert.deepEqual(await client.command("QSTATUS", queue, other), [[queue, 1, 0, 0], [other, 0, 0, 0]]);
    const all = await client.command("QSTATUS") as string[][];
    assert.deepEqual(all.filter(([name]) => name === queue), [[queue, 1, 0, 0]]);
  }, { qstatus: "array" });
});
