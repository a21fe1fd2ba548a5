import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { fields } from "../support/fields.ts";
import { forEachStore } from "../support/stores.ts";
import { startWaiting } from "../support/waiting.ts";
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

await forEachStore((store) => {
  refuses(store, "QNACK", (queue) => [
    [[queue], wrongArity("QNACK")],
    [[queue, "id", "DELAY", "1", "RECEIPT", "r", "REASON", "text", "STATE", "more", "more"], wrongArity("QNACK")],
    [[queue, "id", "DEAD", "DELAY", "1"], "-ERR syntax error near 'DELAY': it excludes DEAD"],
    [[queue, "id", "STATE", "STATE"], syntaxError("STATE")],
    [[queue, "id", "REDO"], syntaxError("REDO")],
    [[queue, "id", "REASON"], syntaxError("REASON")],
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

  store.test("QNACK with DEAD moves the event to the dead queue at once, with its reason", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "contents");
    assert.equal(await client.command("QNACK", queue, "1", "DEAD"), 0, "it is not being processed");
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QNACK", queue, "1", "DEAD", "RECEIPT", "of another"), 0);
    assert.equal(await client.command("QNACK", queue, "1", "REASON", "no such address", "DEAD"), 1);
    const { state, attempts, reason, contents } = fields(await client.command("QGET", `${queue}:dead`, "1"));
    assert.deepEqual([state, attempts, reason, contents], ["ready", 1, "no such address", "contents"]);
    assert.equal(await client.command("QGET", queue, "1"), null);
  });

  store.test("QNACK with DEAD returns the event after the queue's backoff if the dead queue holds its id", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "backoff", "600");
    await client.command("QLPUSH", `${queue}:dead`, "1", "another");
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QNACK", queue, "1", "DEAD", "STATE"), "requeued");
    assert.equal(fields(await client.command("QGET", queue, "1")).state, "delayed");
    await client.command("QCONFIG", "RESET", queue);
  });

  store.test("QNACK with STATE says whether the event came back or went to the dead queue", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command("QNACK", queue, "1", "STATE"), null);
    await client.command("QCONFIG", "SET", queue, "max-attempts", "2");
    await client.command("QLPUSH", queue, "1", "contents");
    const states = [];
    for (let attempt = 1; attempt <= 2; attempt++) {
      await client.command("QRPOP", queue);
      states.push(await client.command("QNACK", queue, "1", "STATE", "DELAY", "0"));
    }
    assert.deepEqual(states, ["requeued", "dead"]);
    await client.command("QCONFIG", "RESET", queue);
  });

  store.test("QNACK with DELAY delays the event", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "contents");
    await client.command("QRPOP", queue);
    const since = performance.now();
    // Sent together, so that the delay does not end in between.
    const nack = ["QNACK", queue, "1", "DELAY", "1", "REASON", "x".repeat(5000)];
    await client.sendTogether(nack, ["QRPOP", queue]);
    assert.equal(await client.shown(), 1);
    assert.equal(await client.shown(), null);
    await eventually(async () => assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]));
    assert.ok(performance.now() - since > 995);
  });
});
