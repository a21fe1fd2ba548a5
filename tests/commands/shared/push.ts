/**
 * The shared tests of QLPUSH and QRPUSH.
 *
 * @module
 */
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import type { StoreUnderTest } from "../../support/stores.ts";
import {
  badIds,
  badQueues,
  NO_TIMES,
  outOfRange,
  type Refusal,
  refuses,
  syntaxError,
  wrongArity,
} from "../../support/refusals.ts";
import { startWaiting } from "../../support/waiting.ts";
import { bytes } from "../../support/wire.ts";

/** All bytes, in an order that is not valid UTF-8. */
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);

/** The default of --max-event-bytes: 16 MiB. */
const DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024;

/** Declares the tests of a push command. */
export function pushTests(store: StoreUnderTest, push: "QLPUSH" | "QRPUSH"): void {
  refuses(store, push, (queue) => [
    [[], wrongArity(push)],
    [[queue], wrongArity(push)],
    [[queue, "id"], wrongArity(push)],
    [[queue, "id", "contents", ...Array(10).fill("NOBLOCK")], wrongArity(push)],
    [[queue, "id", "contents", "NOBLOCK", "NOBLOCK"], syntaxError("NOBLOCK")],
    [[queue, "id", "contents", "DELAY"], syntaxError("DELAY")],
    [[queue, "id", "contents", "TTL", "1", "TTL", "1"], syntaxError("TTL")],
    ...NO_TIMES.map((time): Refusal => [[queue, "id", "contents", "DELAY", time], outOfRange("DELAY")]),
    ...NO_TIMES.map((time): Refusal => [[queue, "id", "contents", "TTL", time], outOfRange("TTL")]),
    [[queue, "id", "contents", "TTL", "0", "NOBLOCK"], outOfRange("TTL")],
    [[queue, "id", "contents", "DELYA", "5"], /^-ERR syntax error near 'DELYA': the options are NOBLOCK, .* and META$/],
    ...[[], ["NOBLOCK"]].flatMap((noblock): Refusal[] => [
      [[queue, "id", "contents", "GROUP", "", ...noblock], "-ERR group must be 1 to 512 bytes long"],
      [[queue, "id", "contents", "GROUP", "g".repeat(513), ...noblock], "-ERR group must be 1 to 512 bytes long"],
      [[queue, "id", "contents", "META", "m".repeat(4097), ...noblock], "-ERR meta must be at most 4096 bytes long"],
    ]),
    [[queue, "id", "contents", "GROUP"], syntaxError("GROUP")],
    [[queue, "id", "contents", "META", "m", "META", "m"], syntaxError("META")],
    [[queue, "id", "contents", "NOBLOC"], syntaxError("NOBLOC")],
    [[queue, "id", "contents", "NOBLOCK\0"], syntaxError("NOBLOCK\\x00")],
    [[queue, "id", "contents", ""], syntaxError("")],
    [[queue, "id", "contents", "toString"], syntaxError("toString")],
    [[queue, "id", "contents", "x".repeat(100_000)], syntaxError(`${"x".repeat(128)}…`)],
    ...badQueues((queue) => [queue, "id", "contents"]),
    ...badIds((id) => [queue, id, "contents"]),
    ...badIds((id) => [queue, id, "contents", "NOBLOCK"]),
  ]);

  for (const noblock of [[], ["NOBLOCK"]]) {
    store.test(`${[push, ...noblock].join(" ")} with DELAY delays the event and then notifies a consumer`, async (okq) => {
      const [client, consumer] = [await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      await client.command("QLPUSH", queue, "before", "contents");
      await client.command("QRPOP", queue);
      await consumer.command("QREGISTER", queue);
      const { reply } = await startWaiting(consumer);
      const since = performance.now();
      // Sent together, so that the delay does not end in between.
      await client.sendTogether([push, queue, "id", "contents", "delay", "1", ...noblock], ["QRPOP", queue]);
      assert.equal(await client.shown(), "+OK");
      assert.equal(await client.shown(), null);
      await eventually(async () => {
        assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 1 consumers: 1`]);
      });
      assert.equal(await client.command(push, queue, "id", "contents"), "-ERR duplicate event id");
      assert.equal(await reply, queue);
      assert.ok(performance.now() - since > 995);
      assert.deepEqual(await consumer.command("QRPOP", queue), ["id", "contents"]);
    });
  }

  store.test(`${push} with DELAY enters at the end it was pushed to, ${push === "QLPUSH" ? "last" : "next"}`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    // Sent together, so that the delay does not end in between.
    const later = [push, queue, "2", "contents", "DELAY", "0.5"];
    await client.sendTogether(["QLPUSH", queue, "1", "contents"], later, ["QLPUSH", queue, "3", "contents"]);
    for (let i = 0; i < 3; i++) assert.equal(await client.shown(), "+OK");
    const end = push === "QLPUSH" ? "QLPEEK" : "QRPEEK";
    await eventually(async () => assert.deepEqual(await client.command(end, queue), ["2", "contents"]));
  });

  store.test(`${push} with TTL removes the event when its time to live ends, unless it is being processed`, async (okq) => {
    const client = await okq.connect();
    const [queue, clock] = [okq.queue(), okq.queue()];
    // Sent together, so that no time to live ends in between.
    const pushes = ["1", "2"].map((id) => ["QLPUSH", queue, id, "contents", "TTL", "1"]);
    await client.sendTogether(...pushes, ["QRPOP", queue]);
    for (let i = 0; i < 2; i++) assert.equal(await client.shown(), "+OK");
    assert.deepEqual(await client.shown(), ["1", "contents"]);
    assert.equal(await client.command(push, queue, "3", "contents", "TTL", "60", "DELAY", "0"), "+OK");
    await client.command("QLPUSH", clock, "clock", "contents", "DELAY", "1");
    await eventually(async () => assert.notEqual(await client.command("QRPEEK", clock), null));
    await eventually(async () => {
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 1 consumers: 0`]);
    });
    assert.equal(await client.command("QACK", queue, "1", "REDO"), 1);
    assert.deepEqual(await client.command("QRPOP", queue), ["3", "contents"]);
    assert.equal(await client.command("QRPOP", queue), null);
  });

  store.test(`${push} accepts the longest queue name and event id`, async (okq) => {
    const client = await okq.connect();
    const [queue, id] = [okq.queue().padEnd(512, "q"), "i".repeat(1024)];
    assert.equal(await client.command(push, queue, id, "contents"), "+OK");
    assert.deepEqual(await client.command("QRPOP", queue), [id, "contents"]);
  });

  store.test(`${push} keeps name, id and contents byte for byte`, async (okq) => {
    const client = await okq.connect();
    const queue = bytes(`${okq.queue()}\0\r\n\xff{}:*`);
    assert.equal(await client.command(push, queue, ALL_BYTES, ALL_BYTES), "+OK");
    assert.deepEqual(await client.command("QRPOP", queue), Array(2).fill(String.fromCharCode(...ALL_BYTES)));
  });

  store.test(`${push} distinguishes ids that look alike as text`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = ["\xff", "\xfe", "\xef\xbf\xbd", "a", "A", "a\0", "1", "01", "1.0"];
    for (const id of ids) assert.equal(await client.command(push, queue, bytes(id), bytes(id)), "+OK");
    const popped = [];
    for (const _ of ids) popped.push(await client.command("QRPOP", queue));
    assert.deepEqual(popped, (push === "QLPUSH" ? ids : ids.toReversed()).map((id) => [id, id]));
  });

  store.test(`${push} keeps empty contents`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command(push, queue, "id", ""), "+OK");
    assert.deepEqual(await client.command("QRPOP", queue), ["id", ""]);
  });

  store.test(`${push} refuses an id that is ready or being processed, and keeps the first contents`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command(push, queue, "id", "first"), "+OK");
    assert.equal(await client.command(push, queue, "id", "second"), "-ERR duplicate event id");
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "first"]);
    assert.equal(await client.command(push, queue, "id", "third"), "-ERR duplicate event id");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
    assert.equal(await client.command(push, okq.queue(), "id", "elsewhere"), "+OK");
  });

  store.test(`${push} accepts an id again once its event is acknowledged or flushed`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const end of [["QACK", queue, "id"], ["QFLUSH", queue], ["QRPOP", queue, "NOACK"]]) {
      assert.equal(await client.command(push, queue, "id", end[0]), "+OK");
      await client.command(...end);
    }
    assert.equal(await client.command(push, queue, "id", "last"), "+OK");
    assert.deepEqual(await client.command("QRPOP", queue), ["id", "last"]);
  });

  store.test(`${push} quotes the duplicate id in one line, whatever its bytes`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command(push, queue, "a\r\n-b\x00\x01", "contents");
    await client.send(push, queue, "a\r\n-b\x00\x01", "contents");
    assert.equal(await client.readLine(), "-ERR duplicate event a\\r\\n-b\\x00\\x01");
    assert.equal(await client.command("PING"), "+PONG");
  });

  store.test(`${push} refuses contents over the limit and keeps the connection`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command(push, queue, "fits", "0123456789"), "+OK");
    for (const more of [[], ["NOBLOCK"]]) {
      assert.match(`${await client.command(push, queue, "id", "0123456789a", ...more)}`, /^-ERR .*\b10\b/);
      assert.match(`${await client.command(push, queue, "id", "x".repeat(1_000_000), ...more)}`, /^-ERR .*\b10\b/);
    }
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
  }, { maxEventBytes: 10 });

  store.test(`${push} accepts contents of 16 MiB and no more`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const contents = new Uint8Array(DEFAULT_MAX_EVENT_BYTES + 1).map((_, i) => i % 251);
    assert.match(`${await client.command(push, queue, "id", contents)}`, /^-ERR .*16777216/);
    assert.equal(await client.command(push, queue, "id", contents.subarray(1)), "+OK");
    await client.send("QRPOP", queue);
    const popped = await client.reply();
    assert.ok(Array.isArray(popped) && popped[1] instanceof Uint8Array);
    // Not deepEqual: its message would contain all bytes.
    assert.ok(popped[1].length === DEFAULT_MAX_EVENT_BYTES && popped[1].every((byte, i) => byte === (i + 1) % 251));
  });

  store.test(`${push} accepts its name and NOBLOCK in any case`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const mixed = push.replace("PUSH", "pUsH").replace("Q", "q");
    assert.equal(await client.command(mixed, queue, "id", "contents", "noBlock"), "+OK");
    await eventually(async () => assert.deepEqual(await client.command("QRPEEK", queue), ["id", "contents"]));
  });

  store.test(`${push} with NOBLOCK stores the events in the background, in order`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
    for (const id of ids) await client.send(push, queue, id, "contents", "NOBLOCK");
    for (const _ of ids) assert.equal(await client.shown(), "+OK");
    await eventually(async () => {
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 100 processing: 0 consumers: 0`]);
    });
    assert.deepEqual(await client.command("QRPEEK", queue), [push === "QLPUSH" ? "0" : "99", "contents"]);
    assert.deepEqual(await client.command("QLPEEK", queue), [push === "QLPUSH" ? "99" : "0", "contents"]);
  });

  store.test(`${push} with NOBLOCK of an id that the queue holds changes nothing`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command(push, queue, "id", "first");
    assert.equal(await client.command(push, queue, "id", "second", "NOBLOCK"), "+OK");
    assert.equal(await client.command(push, queue, "last", "", "NOBLOCK"), "+OK");
    await eventually(async () => {
      assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 2 processing: 0 consumers: 0`]);
    });
    assert.deepEqual(await client.command(push === "QLPUSH" ? "QRPEEK" : "QLPEEK", queue), ["id", "first"]);
  });

  store.test(`${push} is refused when the queue is full, but returning events are not`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "max-length", "2");
    assert.equal(await client.command(push, queue, "1", "contents"), "+OK");
    assert.equal(await client.command(push, queue, "2", "contents", "DELAY", "600"), "+OK");
    assert.equal(await client.command(push, queue, "3", "contents"), "-ERR queue full");
    assert.equal(await client.command(push, queue, "3", "contents", "DELAY", "1", "TTL", "1"), "-ERR queue full");
    assert.equal(await client.command(push, queue, "1", "contents"), "-ERR duplicate event 1");
    assert.equal(await client.command(push, queue, "3", "contents", "NOBLOCK"), "+OK");
    await client.command("QRPOP", queue);
    assert.equal(await client.command(push, queue, "3", "contents"), "-ERR queue full");
    assert.equal(await client.command("QNACK", queue, "1"), 1);
    assert.equal(await client.command("QACK", queue, "2"), 1);
    assert.equal(await client.command(push, queue, "3", "contents"), "+OK");
    await client.command("QCONFIG", "SET", queue, "max-length", "0");
    assert.equal(await client.command(push, queue, "4", "contents"), "+OK");
  });

  store.test(`${push} with NOBLOCK is refused when the background is full`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const refused = await client.command(push, queue, "id", "contents", "NOBLOCK");
    assert.equal(refused, "-ERR too busy to process NOBLOCK event");
    assert.equal(await client.command(push, queue, "id", "contents"), "+OK");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
  }, { maxNoblockPushes: 0 });
}
