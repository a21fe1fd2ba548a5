import { assert } from "../deps.ts";
import { fields } from "../support/fields.ts";
import {
  badIds,
  badQueues,
  NO_TIMES,
  outOfRange,
  type Refusal,
  refuses,
  syntaxError,
  wrongArity,
} from "../support/refusals.ts";
import { forEachStore } from "../support/stores.ts";
import { startCommand } from "../support/waiting.ts";
import { bytes, type Shown } from "../support/wire.ts";

/** The arguments of so many events. */
function events(count: number): string[] {
  return Array.from({ length: count }, (_, i) => [`${i}`, `contents ${i}`]).flat();
}

await forEachStore((store) => {
  refuses(store, "QMPUSH", (queue) => [
    [[], wrongArity("QMPUSH")],
    [[queue, "EVENTS", "id"], wrongArity("QMPUSH")],
    [[queue, "EVENTS", "1", "contents", "2"], wrongArity("QMPUSH")],
    [[queue, "RIGHT", "DELAY", "1", "EVENTS"], wrongArity("QMPUSH")],
    [[queue, "RIGHT", "DELAY", "1"], /^-ERR syntax error near '1': EVENTS and the events must follow the options$/],
    [[queue, "id", "contents", "more"], syntaxError("id")],
    [[queue, "NOBLOCK", "EVENTS", "id", "contents"], syntaxError("NOBLOCK")],
    [[queue, "RIGHT", "RIGHT", "EVENTS", "id", "contents"], syntaxError("RIGHT")],
    [[queue, "EVENTS", ...events(1001)], "-ERR too many events: QMPUSH takes at most 1000"],
    [[queue, "EVENTS", "1", "x", "2", "x", "1", "x"], "-ERR duplicate event 1"],
    ...NO_TIMES.map((time): Refusal => [[queue, "DELAY", time, "EVENTS", "1", "x"], outOfRange("DELAY")]),
    ...NO_TIMES.map((time): Refusal => [[queue, "TTL", time, "EVENTS", "1", "x"], outOfRange("TTL")]),
    [[queue, "TTL", "0", "EVENTS", "1", "x"], outOfRange("TTL")],
    ...["", "g".repeat(513)].map((key): Refusal => [
      [queue, "GROUP", key, "EVENTS", "1", "x"],
      "-ERR group must be 1 to 512 bytes long",
    ]),
    [[queue, "META", "m".repeat(4097), "EVENTS", "1", "x"], "-ERR meta must be at most 4096 bytes long"],
    ...badQueues((queue) => [queue, "EVENTS", "1", "x"]),
    ...badIds((id) => [queue, "EVENTS", "1", "x", id, "x"]),
  ]);

  store.test("QMPUSH adds up to 1,000 events in their order, with RIGHT at the other end", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = (popped: Shown) => (popped as Shown[]).map((event) => (event as Shown[])[1]);
    await client.command("QLPUSH", queue, "between", "contents");
    assert.equal(await client.command("qmpush", queue, "events", ...events(1000)), "+OK");
    assert.equal(await client.command("QMPUSH", queue, "RIGHT", "EVENTS", "r1", "1", "r2", "2"), "+OK");
    const claimed = await client.command("QCLAIM", "COUNT", "1000", "QUEUES", queue);
    const rest = await client.command("QCLAIM", "COUNT", "1000", "QUEUES", queue);
    assert.deepEqual([...ids(claimed), ...ids(rest)], [
      ...["r2", "r1", "between"],
      ...Array.from({ length: 1000 }, (_, i) => `${i}`),
    ]);
    assert.deepEqual((claimed as Shown[][])[3].slice(0, 4), [queue, "0", "contents 0", 1]);
  });

  store.test("QMPUSH keeps any bytes, also those that look like its options", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const meta = bytes("EVENTS\0\r\n\xff");
    const command = [
      "QMPUSH",
      queue,
      "META",
      meta,
      "GROUP",
      "EVENTS",
      "EVENTS",
      "META",
      "EVENTS",
      "RIGHT",
      bytes("\xff"),
    ];
    assert.equal(await client.command(...command), "+OK");
    const first = fields(await client.command("QGET", queue, "META"));
    const second = fields(await client.command("QGET", queue, "RIGHT"));
    assert.equal(first.contents, "EVENTS");
    assert.equal(second.contents, "\xff");
    for (const event of [first, second]) {
      assert.deepEqual([event.group, event.meta], ["EVENTS", "EVENTS\0\r\n\xff"]);
    }
  });

  store.test("QMPUSH with DELAY and TTL applies to every event", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(
      await client.command("QMPUSH", queue, "TTL", "900", "DELAY", "600", "EVENTS", ...events(3)),
      "+OK",
    );
    for (const id of ["0", "1", "2"]) {
      const { state, due, ttl } = fields(await client.command("QGET", queue, id));
      assert.equal(state, "delayed");
      assert.ok(Number(due) > 0 && Number(due) <= 600_000);
      assert.ok(Number(ttl) > Number(due) && Number(ttl) <= 900_000);
    }
  });

  store.test("QMPUSH of an id that the queue holds stores nothing and names the first one", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["b", "c"]) await client.command("QLPUSH", queue, id, "first");
    const both = ["QMPUSH", queue, "EVENTS", "a", "1", "c", "2", "b", "3"];
    assert.equal(await client.command(...both), "-ERR duplicate event c");
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QMPUSH", queue, "EVENTS", "a", "1", "b", "2"), "-ERR duplicate event b");
    assert.equal(await client.command("QGET", queue, "a"), null);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 1 consumers: 0`]);
  });

  store.test("QMPUSH beyond max-length stores nothing", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "max-length", "3");
    await client.command("QLPUSH", queue, "there", "contents");
    assert.equal(await client.command("QMPUSH", queue, "EVENTS", ...events(3)), "-ERR queue full");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
    assert.equal(await client.command("QMPUSH", queue, "EVENTS", ...events(2)), "+OK");
  });

  store.test("QMPUSH wakes a waiting QCLAIM for each event that it may take", async (okq) => {
    const [producer, ...consumers] = await Promise.all(Array.from({ length: 4 }, () => okq.connect()));
    const queue = okq.queue();
    const claims = [];
    for (const consumer of consumers) {
      claims.push((await startCommand(consumer, "QCLAIM", "BLOCK", "600", "QUEUES", queue)).reply);
    }
    assert.equal(await producer.command("QMPUSH", queue, "EVENTS", ...events(3)), "+OK");
    const ids = (await Promise.all(claims)).map((reply) => (reply as Shown[][])[0][1]);
    assert.deepEqual(ids.toSorted(), ["0", "1", "2"]);
  });

  store.test("QMPUSH accepts contents of 8 MiB together and no more, and keeps the connection", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const mib = "x".repeat(1024 * 1024);
    const many = Array.from({ length: 8 }, (_, i) => [`${i}`, mib]).flat();
    const tooMany = await client.command("QMPUSH", queue, "EVENTS", ...many, "8", "y");
    assert.equal(tooMany, "-ERR contents must together be at most 8388608 bytes long");
    const tooLong = await client.command("QMPUSH", queue, "EVENTS", "1", "x", "2", `${mib}y`);
    assert.match(`${tooLong}`, /^-ERR .* too long: at most 1048576 bytes are allowed$/);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    assert.equal(await client.command("QMPUSH", queue, "EVENTS", ...many), "+OK");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 8 processing: 0 consumers: 0`]);
  }, { maxEventBytes: 1024 * 1024 });
});
