import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { startWaiting } from "../support/waiting.ts";
import {
  badIds,
  badQueues,
  NO_TIMES,
  outOfRange,
  type Refusal,
  refuses,
  SYNTAX_ERROR,
  wrongArity,
} from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QNACK", (queue) => [
    [[queue], wrongArity("QNACK")],
    [[queue, "id", "DELAY", "1", "RECEIPT", "r", "REASON", "text", "more"], wrongArity("QNACK")],
    [[queue, "id", "REDO"], SYNTAX_ERROR],
    [[queue, "id", "REASON"], SYNTAX_ERROR],
    ...NO_TIMES.map((time): Refusal => [[queue, "id", "DELAY", time], outOfRange("DELAY")]),
    ...badQueues((queue) => [queue, "id"]),
    ...badIds((id) => [queue, id]),
  ]);

  store.test("QNACK returns a leased event to the right end, and notifies waiting clients", async (okq) => {
    const [client, consumer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QRPOP", queue);
    await consumer.command("QREGISTER", queue);
    const { reply } = await startWaiting(consumer);
    assert.equal(await client.command("QNACK", queue, "1", "REASON", "no luck\0\xff", "DELAY", "0"), 1);
    assert.equal(await reply, queue);
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
  });

  store.test("QNACK does not change an event that is not being processed", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command("QNACK", queue, "1"), 0);
    await client.command("QLPUSH", queue, "1", "contents");
    assert.equal(await client.command("QNACK", queue, "1"), 0);
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QNACK", queue, "1", "RECEIPT", "of another"), 0);
    assert.equal(await client.command("QNACK", queue, "1"), 1);
    assert.equal(await client.command("QNACK", queue, "1"), 0);
  });

  store.test("QNACK with DELAY delays the event", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QRPOP", queue);
    const since = performance.now();
    // Sent together, so that the delay does not end in between.
    const nack = ["QNACK", queue, "1", "DELAY", "0.3", "REASON", "x".repeat(5000)];
    await client.sendTogether(nack, ["QRPOP", queue]);
    assert.equal(await client.shown(), 1);
    assert.equal(await client.shown(), null);
    await eventually(async () => assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]));
    assert.ok(performance.now() - since > 295);
  });
});
