import { ClaimBudget } from "../../../core/delivery/claim_budget.ts";
import { Waiters } from "../../../core/delivery/waiters.ts";
import { Log } from "../../../core/log.ts";
import { type Store, StoreUnavailable } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { type Fixture, forEachStore } from "../../support/stores.ts";
import { startCommands, startWaiting } from "../../support/waiting.ts";
import { bytes, type Wire } from "../../support/wire.ts";

/**
 * Connects consumers of a queue that begin to wait in QNOTIFY one after the other. `notified` collects their numbers.
 * @param seconds the timeout of QNOTIFY
 * @param next the command that each consumer sends together with QNOTIFY
 */
async function connectWaiting(okq: Fixture, queue: string, count: number, seconds = "600", ...next: string[][]) {
  const notified: number[] = [];
  const clients: Wire[] = [];
  const replies = [];
  for (let number = 0; number < count; number++) {
    const client = await okq.connect();
    clients.push(client);
    await client.command("QREGISTER", queue);
    const { reply } = await startCommands(client, ["QNOTIFY", seconds], ...next);
    replies.push(reply.then((name) => {
      notified.push(number);
      return name;
    }));
  }
  return { clients, replies, notified };
}

Deno.test("Waiters notifies one client after the other of an event that stays, without a re-check", async () => {
  let ready = 0;
  const store = { ready: () => Promise.resolve(ready) } as unknown as Store;
  const waiters = new Waiters(store, new Log("silent"), new ClaimBudget(1));
  const queue = bytes("jobs");
  const notified: number[] = [];
  const waits = Array.from({ length: 4 }, async (_, number) => {
    const { signal } = new AbortController();
    const client = { signal, unblock: undefined, queues: [queue], nextQueue: 0 };
    assert.equal(await waiters.wait(client, 600_000), queue);
    notified.push(number);
  });
  await new Promise((resolve) => setTimeout(resolve)); // all have found the queue empty
  ready = 1;
  waiters.notify(queue, 1);
  await Promise.all(waits);
  assert.deepEqual(notified, [0, 1, 2, 3]);
  await waiters.close();
});

Deno.test("A blocked claim goes with a push, stays blocked if that fails, and follows the next", async () => {
  const calls: string[] = [];
  let outcome: () => Promise<unknown[]> = () => Promise.resolve([]);
  const store = {
    watch: () => Promise.resolve(() => Promise.resolve()),
    ready: () => Promise.resolve(0),
    claim(queue: Uint8Array, count: number) {
      calls.push(`claim ${new TextDecoder().decode(queue)} ${count}`);
      return outcome();
    },
  } as unknown as Store;
  const waiters = new Waiters(store, new Log("silent"), new ClaimBudget(1));
  const { signal } = new AbortController();
  const queues = [bytes("urgent"), bytes("jobs")];
  const claimed = waiters.claim({ signal, unblock: undefined }, { queues, count: 10 }, 0);
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  await turn();
  assert.deepEqual(calls.splice(0), []); // both are empty
  outcome = () => Promise.reject(new StoreUnavailable("it is away", false));
  waiters.expect(bytes("jobs"));
  waiters.expect(bytes("jobs"));
  calls.push("end of the pipeline");
  await turn();
  assert.deepEqual(calls.splice(0), ["end of the pipeline", "claim jobs 10"]);
  const event = { id: bytes("1"), contents: bytes(""), attempt: 1, receipt: bytes("r") };
  outcome = () => Promise.resolve([event]);
  waiters.expect(bytes("jobs"));
  assert.deepEqual(await claimed, [{ queue: queues[1], ...event }]);
  assert.deepEqual(calls, ["claim jobs 10"]);
  await waiters.close();
});

Deno.test("A blocked claim does not go with a push before a client that waits in QNOTIFY longer", async () => {
  let claims = 0;
  const store = {
    watch: () => Promise.resolve(() => Promise.resolve()),
    ready: () => Promise.resolve(0),
    claim() {
      claims++;
      return Promise.resolve([]);
    },
  } as unknown as Store;
  const waiters = new Waiters(store, new Log("silent"), new ClaimBudget(1));
  const queue = bytes("jobs");
  const ends = [new AbortController(), new AbortController()];
  const notified = waiters.wait({ signal: ends[0].signal, unblock: undefined, queues: [queue], nextQueue: 0 }, 600_000);
  const claimed = waiters.claim({ signal: ends[1].signal, unblock: undefined }, { queues: [queue], count: 1 }, 0);
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  await turn();
  const before = claims;
  waiters.expect(queue);
  await turn();
  assert.equal(claims, before);
  for (const end of ends) end.abort();
  await Promise.all([notified, claimed]);
  await waiters.close();
});

Deno.test("An event that is pushed during the store call of a blocked claim notifies no other client", async () => {
  const calls: PromiseWithResolvers<unknown[]>[] = [];
  const store = {
    watch: () => Promise.resolve(() => Promise.resolve()),
    ready: () => Promise.resolve(0),
    claim() {
      calls.push(Promise.withResolvers());
      return calls.at(-1)!.promise;
    },
  } as unknown as Store;
  const waiters = new Waiters(store, new Log("silent"), new ClaimBudget(1));
  const queue = bytes("jobs");
  const end = new AbortController();
  const claimed = waiters.claim({ signal: end.signal, unblock: undefined }, { queues: [queue], count: 1 }, 0);
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  await turn();
  let isNotified = false;
  const client = { signal: end.signal, unblock: undefined, queues: [queue], nextQueue: 0 };
  const notified = waiters.wait(client, 600_000).then((queue) => isNotified = queue !== null);
  waiters.expect(queue);
  await turn();
  waiters.notify(queue, 1);
  await turn();
  assert.equal(isNotified, false);
  assert.equal(calls.length, 1);
  calls[0].resolve([]);
  await turn();
  calls[1].resolve([{ id: bytes("1") }]);
  assert.deepEqual(await claimed, [{ queue, id: bytes("1") }]);
  end.abort();
  await notified;
  assert.equal(isNotified, false);
  await waiters.close();
});

await forEachStore((store) => {
  store.test("One event notifies one of many waiting clients: the one that has waited longest", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    // The pop is received with QNOTIFY, so that it takes the event before another client is notified of it.
    const { clients, replies, notified } = await connectWaiting(okq, queue, 4, "600", ["QRPOP", queue, "NOACK"]);
    for (let number = 0; number < 4; number++) {
      await producer.command("QLPUSH", queue, `${number}`, "contents");
      assert.equal(await replies[number], queue);
      assert.deepEqual(await clients[number].shown(), [`${number}`, "contents"]);
      // Longer than the time after which the next client is notified of an event that is still there.
      const other = await okq.connect();
      await other.command("QREGISTER", okq.queue());
      assert.equal(await other.command("QNOTIFY", "0.3"), null);
      assert.deepEqual(notified, Array.from({ length: number + 1 }, (_, i) => i));
    }
  });

  store.test("A client that waits again is notified after those that waited before", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies } = await connectWaiting(okq, queue, 2, "600", ["QRPOP", queue, "NOACK"]);
    await producer.command("QLPUSH", queue, "1", "contents");
    assert.equal(await replies[0], queue);
    assert.deepEqual(await clients[0].shown(), ["1", "contents"]);
    const again = (await startWaiting(clients[0], "1")).reply;
    await producer.command("QLPUSH", queue, "2", "contents");
    assert.equal(await replies[1], queue);
    assert.deepEqual(await clients[1].shown(), ["2", "contents"]);
    assert.equal(await again, null);
  });

  store.test("The next client is notified when the one before does not take the event", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { replies, notified } = await connectWaiting(okq, queue, 10);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.deepEqual(await Promise.all(replies), Array(10).fill(queue));
    assert.deepEqual(notified, Array.from({ length: 10 }, (_, number) => number));
  });

  store.test("The next client is notified when the one before disconnects", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies } = await connectWaiting(okq, queue, 2);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await replies[0], queue);
    clients[0].close();
    assert.equal(await replies[1], queue);
  });

  store.test("A client that disconnected while it waited is not notified", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { clients, replies } = await connectWaiting(okq, queue, 2);
    clients[0].close();
    await assert.rejects(replies[0]);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await replies[1], queue);
  });

  store.test("As many events as waiting clients notify all of them", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const { replies } = await connectWaiting(okq, queue, 3);
    for (const id of ["1", "2", "3"]) await producer.send("QLPUSH", queue, id, "contents");
    assert.deepEqual(await Promise.all(replies), [queue, queue, queue]);
  });

  store.test("An event notifies no client that waits for another queue", async (okq) => {
    const [producer, other] = [await okq.connect(), await okq.connect()];
    const [queue, elsewhere] = [okq.queue(), okq.queue()];
    await other.command("QREGISTER", elsewhere);
    const waiting = await startWaiting(other, "1");
    const { replies } = await connectWaiting(okq, queue, 1);
    await producer.command("QLPUSH", queue, "id", "contents");
    assert.equal(await replies[0], queue);
    assert.equal(await waiting.reply, null);
  });

  store.test("Waiting consumers take every event, even if some of them ignore notifications", async (okq) => {
    const producer = await okq.connect();
    const queues = [okq.queue(), okq.queue(), okq.queue()];
    const left = new Set(Array.from({ length: 300 }, (_, id) => `${id}`));
    const consume = async (consumer: Wire, ignores: boolean) => {
      await consumer.command("QREGISTER", ...queues);
      for (let round = 0; left.size > 0; round++) {
        const queue = await consumer.command("QNOTIFY", "0.5");
        if (queue === null || (ignores && round % 3 === 0)) continue;
        const event = await consumer.command("QRPOP", queue as string) as string[] | null;
        if (event === null) continue;
        assert.equal(left.delete(event[0]), true, `event ${event[0]} was delivered twice`);
        assert.equal(await consumer.command("QACK", queue as string, event[0]), 1);
      }
    };
    const consumers = await Promise.all(Array.from({ length: 6 }, () => okq.connect()));
    const consuming = consumers.map((consumer, i) => consume(consumer, i % 2 === 0));
    for (const id of [...left]) await producer.command("QLPUSH", queues[Number(id) % 3], id, "contents");
    await Promise.all(consuming);
  });
});
