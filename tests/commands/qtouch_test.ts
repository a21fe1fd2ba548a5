import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
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
  refuses(store, "QTOUCH", (queue) => [
    [[queue], wrongArity("QTOUCH")],
    [[queue, "id", "EX", "1", "RECEIPT", "r", "more"], wrongArity("QTOUCH")],
    [[queue, "id", "HOLD"], syntaxError("HOLD")],
    [[queue, "id", "EX"], syntaxError("EX")],
    ...NO_TIMES.map((time): Refusal => [[queue, "id", "EX", time], outOfRange("EX")]),
    ...badQueues((queue) => [queue, "id"]),
    ...badIds((id) => [queue, id]),
  ]);

  store.test("QTOUCH renews a lease for 30 seconds from now, or for EX", async (okq) => {
    const client = await okq.connect();
    const [one, two, clock] = [okq.queue(), okq.queue(), okq.queue()];
    for (const queue of [one, two, clock]) await client.command("QLPUSH", queue, "id", "contents");
    // Sent together, so that no lease ends in between.
    const pops = [one, two, clock].map((queue) => ["QRPOP", queue, "EX", "1"]);
    await client.sendTogether(...pops, ["QTOUCH", one, "id"], ["QTOUCH", two, "id", "EX", "60"]);
    for (let i = 0; i < 3; i++) assert.deepEqual(await client.shown(), ["id", "contents"]);
    for (let i = 0; i < 2; i++) assert.equal(await client.shown(), 1);
    await eventually(async () => assert.notEqual(await client.command("QRPEEK", clock), null));
    for (const queue of [one, two]) assert.equal(await client.command("QRPEEK", queue), null);
  });

  store.test("QTOUCH EX 0 ends a lease at once", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "id", "contents");
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QTOUCH", queue, "id", "EX", "0"), 1);
    await eventually(async () => assert.deepEqual(await client.command("QRPEEK", queue), ["id", "contents"]));
  });

  store.test("QTOUCH does not change an event that is not leased by that delivery", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command("QTOUCH", queue, "id"), 0);
    await client.command("QLPUSH", queue, "id", "contents");
    assert.equal(await client.command("QTOUCH", queue, "id"), 0);
    await client.command("QRPOP", queue);
    assert.equal(await client.command("QTOUCH", queue, "id", "RECEIPT", "of another", "EX", "0"), 0);
    assert.equal(await client.command("QACK", queue, "id"), 1);
  });
});
