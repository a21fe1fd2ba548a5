/**
 * The shared tests of QLPEEK and QRPEEK.
 *
 * @module
 */
import { assert } from "../../deps.ts";
import type { StoreUnderTest } from "../../support/stores.ts";
import { badQueues, refuses, wrongArity } from "../../support/refusals.ts";

/** Declares the tests of a peek command. */
export function peekTests(store: StoreUnderTest, peek: "QLPEEK" | "QRPEEK"): void {
  refuses(store, peek, (queue) => [
    [[], wrongArity(peek)],
    [[queue, queue], wrongArity(peek)],
    ...badQueues((queue) => [queue]),
  ]);

  store.test(`${peek} returns nil on an empty queue`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.equal(await client.command(peek, queue), null);
    await client.command("QLPUSH", queue, "id", "contents");
    await client.command("QRPOP", queue, "NOACK");
    assert.equal(await client.command(peek, queue), null);
  });

  store.test(`${peek} returns the ${peek === "QLPEEK" ? "left" : "right"}-most event and changes nothing`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["right", "middle", "left"]) await client.command("QLPUSH", queue, id, `the ${id} one`);
    const seen = peek === "QLPEEK" ? ["left", "the left one"] : ["right", "the right one"];
    assert.deepEqual(await client.command(peek, queue), seen);
    assert.deepEqual(await client.command(peek, queue), seen);
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 3 processing: 0 consumers: 0`]);
    assert.deepEqual(await client.command("QRPOP", queue), ["right", "the right one"]);
  });

  store.test(`${peek} does not return events being processed`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "contents");
    await client.command("QRPOP", queue);
    assert.deepEqual(await client.command(peek, queue), ["2", "contents"]);
    await client.command("QRPOP", queue);
    assert.equal(await client.command(peek, queue), null);
  });
}
