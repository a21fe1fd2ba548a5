import { assert } from "../../deps.ts";
import { call, httpUrl, refused } from "../../support/http.ts";
import { type Fixture, forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

/** Pushes and claims an event `1`. Returns functions for requests on it, and the receipt. */
async function claimed(okq: Fixture) {
  const [url, queue] = [httpUrl(okq.server), okq.queue()];
  const claim = async () => (await call(url, `POST /queues/${queue}/claims`)).value.events[0];
  assert.equal((await call(url, `POST /queues/${queue}/events?id=1`, { body: "x" })).status, 201);
  const { receipt } = await claim();
  const settle = async (request: string) => {
    const { status, value } = await call(url, `POST /queues/${queue}/events/${request}`);
    return [status, value];
  };
  return { url, queue, receipt, settle, claim, client: await okq.connect() };
}

const notLeased = (receipt = false) => [404, { error: `event 1 is not leased${receipt ? " with this receipt" : ""}` }];

await forEachStore((store) => {
  store.test("An ack over HTTP removes the event, with a receipt only during that delivery", async (okq) => {
    const { url, queue, receipt, settle } = await claimed(okq);
    assert.deepEqual(await settle("1:ack?receipt=other"), notLeased(true));
    assert.deepEqual(await settle("1:ack?receipt="), notLeased(true));
    assert.deepEqual(await settle(`1:ack?receipt=${receipt}`), [200, { changed: 1 }]);
    assert.deepEqual(await settle(`1:ack?receipt=${receipt}`), notLeased(true));
    assert.deepEqual(await settle("1:ack"), [404, { error: "the queue does not hold event 1" }]);
    assert.equal((await call(url, `POST /queues/${queue}/events?id=1`, { body: "x" })).status, 201);
    assert.deepEqual(await settle("1:ack"), [200, { changed: 1 }]);
  }, HTTP);

  store.test("A nack over HTTP returns the event with its reason, after a delay, or as a dead letter", async (okq) => {
    const { queue, receipt, settle, claim, client } = await claimed(okq);
    assert.deepEqual(await settle("1:nack?receipt=other"), notLeased(true));
    assert.deepEqual(await settle(`1:nack?receipt=${receipt}&delay=0&reason=no%ff`), [
      200,
      { changed: 1, state: "requeued" },
    ]);
    assert.deepEqual(await settle("1:nack"), notLeased());
    const again = await claim();
    assert.deepEqual([again.attempt, again.receipt === receipt], [2, false]);
    assert.deepEqual(await settle("1:nack?delay=600"), [200, { changed: 1, state: "requeued" }]);
    const [stats] = await client.command("QSTATS", queue) as unknown[][];
    assert.equal(stats[5], 1); // delayed
    await client.command("QLPUSH", queue, "2", "x");
    await claim();
    assert.deepEqual(await settle("2:nack?dead=true&delay=1"), [400, { error: "delay and dead exclude each other" }]);
    assert.deepEqual(await settle("2:nack?dead=true&reason=bad"), [200, { changed: 1, state: "dead" }]);
    assert.deepEqual(await client.command("QRPEEK", `${queue}:dead`), ["2", "x"]);
  }, HTTP);

  store.test("A touch over HTTP renews the lease, and a redo gives the event back", async (okq) => {
    const { queue, receipt, settle, claim, client } = await claimed(okq);
    assert.deepEqual(await settle("1:touch?receipt=other"), notLeased(true));
    assert.deepEqual(await settle(`1:touch?receipt=${receipt}&lease=3600`), [200, { changed: 1 }]);
    const [, [[, , , , , due]]] = await client.command("QLIST", queue) as [string, number[][]];
    assert.ok(due > 3_000_000, `${due}`);
    assert.deepEqual(await settle("1:redo?receipt=other"), notLeased(true));
    assert.deepEqual(await settle(`1:redo?receipt=${receipt}`), [200, { changed: 1 }]);
    assert.deepEqual(await settle("1:redo"), notLeased());
    assert.deepEqual(await settle("1:touch"), notLeased());
    assert.equal((await claim()).attempt, 2);
    assert.deepEqual(await settle("1:touch"), [200, { changed: 1 }]);
  }, HTTP);

  store.test("Ids of any bytes stand in paths", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    for (const id of ["%00%ff", "a%2Fb", "a%3Aack", ".", "..", "a b".replace(" ", "%20"), "%25", "ack"]) {
      assert.equal((await call(url, `POST /queues/${queue}/events?id=${id}`, { body: "x" })).status, 201, id);
      assert.equal((await call(url, `GET /queues/${queue}/events/${id}:/contents`)).value, "x", id);
      assert.equal((await call(url, `POST /queues/${queue}/events/${id}:ack`)).status, 200, id);
    }
    await refused(url, `POST /queues/${queue}/events/a:flush`, 405, "method not allowed");
  }, HTTP);
});
