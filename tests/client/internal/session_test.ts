import { Session } from "../../../client/internal/session.ts";
import type { Delivery } from "../../../client/event.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { type Fixture, forEachStore } from "../../support/stores.ts";
import type { Wire } from "../../support/wire.ts";

/** Opens a session, and claims the events of a queue with these ids. */
async function openAndClaim(okq: Fixture, queue: string, ids: string[]): Promise<[Session, Delivery<unknown>[]]> {
  const client = await okq.connect();
  for (const id of ids) await client.command("QLPUSH", queue, id, "contents");
  const session = await Session.open(okq.addr, [queue]);
  const claimed = await session.claim(ids.length, "600", [queue]);
  assert.equal(claimed.length, ids.length);
  const deliveries = claimed.map(([, idArg, , , receipt]) => ({ queue, idArg, receipt }));
  return [session, deliveries as unknown as Delivery<unknown>[]];
}

/** The last command of each connection of sessions. */
async function lastCommands(observer: Wire): Promise<string[]> {
  const list = `${await observer.command("CLIENT", "LIST")}`;
  const lines = list.split("\n").filter((line) => line.includes(" lib-name=node-redis(okq)"));
  return lines.map((line) => line.match(/ cmd=(\S+)/)![1]).sort();
}

await forEachStore((store) => {
  store.test("Session settles on the connection of QCLAIM while none waits, and else on the other one", async (okq) => {
    const observer = await okq.connect();
    const queue = okq.queue();
    const [session, [first, second, third]] = await openAndClaim(okq, queue, ["1", "2", "3"]);
    assert.deepEqual(await lastCommands(observer), ["client|setinfo", "qclaim"]);
    assert.equal(await session.settle(first, "ack"), true);
    assert.deepEqual(await lastCommands(observer), ["client|setinfo", "qack"]);
    const settled = session.settle(second, "ack");
    const claim = session.claim(1, "600", [queue]);
    assert.equal(await settled, true, "while the claim behind it waits");
    assert.equal(await session.settle(third, { reason: "it failed" }), true);
    await eventually(async () => assert.deepEqual(await lastCommands(observer), ["qclaim", "qnack"]));
    assert.equal((await claim)[0][1].toString(), "3");
    session.close();
  });

  store.test("Session has the replies to settlements when it stops claiming behind them", async (okq) => {
    const queue = okq.queue();
    const [session, deliveries] = await openAndClaim(okq, queue, ["1", "2"]);
    const settled = deliveries.map((delivery) => session.settle(delivery, "ack"));
    const claim = session.claim(1, "600", [queue]);
    session.stopClaiming();
    assert.deepEqual(await Promise.all(settled), [true, true]);
    await assert.rejects(claim, /Disconnects client/);
    session.close();
  });
});
