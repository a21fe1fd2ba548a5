import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes } from "../support/wire.ts";
import { fields } from "../support/fields.ts";
import { badIds, badQueues, refuses, wrongArity } from "../support/refusals.ts";
import { Stopwatch } from "../support/stopwatch.ts";

await forEachStore((store) => {
  refuses(store, "QGET", (queue) => [
    [[queue], wrongArity("QGET")],
    [[queue, "id", "more"], wrongArity("QGET")],
    ...badQueues((queue) => [queue, "id"]),
    ...badIds((id) => [queue, id]),
  ]);

  store.test("QGET returns the fields of an event in each state", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const contents = "\0\r\n\xff";
    const stopwatch = new Stopwatch();
    const get = async () => {
      const { age, due, ttl, ...rest } = fields(await client.command("QGET", queue, "1"));
      stopwatch.assertAge(Number(age));
      assert.deepEqual([rest.id, rest.size, rest.contents], ["1", 4, contents]);
      return { state: rest.state, attempts: rest.attempts, reason: rest.reason, due: Number(due), ttl };
    };
    assert.equal(await client.command("QGET", queue, "1"), null);
    await client.command("QLPUSH", queue, "1", bytes(contents));
    assert.deepEqual(await get(), { state: "ready", attempts: 0, reason: "", due: 0, ttl: null });
    await client.command("QRPOP", queue, "EX", "600");
    const { due, ...processing } = await get();
    assert.deepEqual(processing, { state: "processing", attempts: 1, reason: "", ttl: null });
    stopwatch.assertRemaining(due, 600_000);
    await client.command("QNACK", queue, "1", "DELAY", "300", "REASON", "bad luck");
    const { due: delay, ...delayed } = await get();
    assert.deepEqual(delayed, { state: "delayed", attempts: 1, reason: "bad luck", ttl: null });
    stopwatch.assertRemaining(delay, 300_000);
    await client.command("QACK", queue, "1");
    assert.equal(await client.command("QGET", queue, "1"), null);
  });

  store.test("QGET returns the remaining time to live in milliseconds, and a map in RESP3", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const stopwatch = new Stopwatch();
    await client.command("QLPUSH", queue, "1", "contents", "TTL", "600");
    await client.command("HELLO", "3");
    const reply = await client.command("QGET", queue, "1");
    assert.ok(reply instanceof Map);
    stopwatch.assertRemaining(Number(reply.get("ttl")), 600_000);
    assert.deepEqual([...reply.keys()], [
      ...["id", "state", "attempts", "age", "size", "due", "ttl", "reason", "group", "meta", "contents"],
    ]);
  });
});
