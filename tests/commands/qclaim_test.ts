import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { startCommand, startCommands } from "../support/waiting.ts";
import type { Shown } from "../support/wire.ts";
import {
  badQueues,
  NO_TIMES,
  outOfRange,
  type Refusal,
  refuses,
  syntaxError,
  wrongArity,
} from "../support/refusals.ts";

/** A reply of QCLAIM without its receipts, which are checked to be text. */
function claimed(reply: Shown): unknown {
  if (!Array.isArray(reply)) return reply;
  return reply.map((event) => {
    const [queue, id, contents, attempt, receipt, ...more] = event as Shown[];
    assert.match(`${receipt}`, /^[!-~]{1,64}$/);
    assert.deepEqual(more, []);
    return [queue, id, contents, attempt];
  });
}

await forEachStore((store) => {
  refuses(store, "QCLAIM", (queue) => [
    [[], wrongArity("QCLAIM")],
    [["QUEUES"], wrongArity("QCLAIM")],
    [[queue, queue], /^-ERR syntax error near '.*': QUEUES and the names of queues must follow the options$/],
    [["COUNT", "1", "QUEUES"], syntaxError("QUEUES")],
    [["COUNT", "QUEUES", queue], syntaxError("COUNT")],
    [["COUNT", "1", "COUNT", "1", "QUEUES", queue], syntaxError("COUNT")],
    [["NOACK", "QUEUES", queue], syntaxError("NOACK")],
    [["META", "META", "QUEUES", queue], syntaxError("META")],
    [["HOLD", "EX", "1", "QUEUES", queue], syntaxError("EX")],
    [["HOLD", "1", "QUEUES", queue], syntaxError("1")],
    ...["", "x", "0", "-1", "1.5"].map((n): Refusal => [["COUNT", n, "QUEUES", queue], outOfRange("COUNT")]),
    ...NO_TIMES.map((time): Refusal => [["EX", time, "QUEUES", queue], outOfRange("EX")]),
    ...NO_TIMES.map((time): Refusal => [["BLOCK", time, "QUEUES", queue], outOfRange("BLOCK")]),
    ...badQueues((name) => ["QUEUES", queue, name]),
  ]);

  store.test("QCLAIM claims from the queues in order, up to COUNT events, and counts attempts", async (okq) => {
    const client = await okq.connect();
    const [one, two, three] = [okq.queue(), okq.queue(), okq.queue()];
    assert.equal(await client.command("QCLAIM", "QUEUES", one, two), null);
    for (const queue of [two, three]) for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, queue);
    assert.deepEqual(claimed(await client.command("QCLAIM", "QUEUES", one, three, two)), [[three, "1", three, 1]]);
    assert.equal(await client.command("QACK", three, "1", "REDO"), 1);
    const reply = await client.command("qclaim", "count", "3", "queues", one, one, two, three);
    assert.deepEqual(claimed(reply), [[two, "1", two, 1], [two, "2", two, 1], [three, "1", three, 2]]);
    assert.deepEqual(await client.command("QSTATUS", three), [`${three} total: 2 processing: 1 consumers: 0`]);
  });

  store.test("QCLAIM goes on to the next queue until it has --max-claim-bytes of contents", async (okq) => {
    const client = await okq.connect();
    const queues = [okq.queue(), okq.queue(), okq.queue()];
    for (const queue of queues) await client.command("QLPUSH", queue, "1", "x".repeat(600));
    const events = claimed(await client.command("QCLAIM", "COUNT", "10", "QUEUES", ...queues));
    assert.deepEqual(events, queues.slice(0, 2).map((queue) => [queue, "1", "x".repeat(600), 1]));
    assert.deepEqual(await client.command("QSTATUS", queues[2]), [`${queues[2]} total: 1 processing: 0 consumers: 0`]);
  }, { maxClaimBytes: 1024 });

  store.test("QCLAIM leases for EX seconds; EX 0 removes the events at once", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "contents");
    assert.deepEqual(claimed(await client.command("QCLAIM", "EX", "0", "QUEUES", queue)), [[
      queue,
      "1",
      "contents",
      1,
    ]]);
    assert.equal(await client.command("QACK", queue, "1"), 0);
    await client.command("QCLAIM", "EX", "0.05", "QUEUES", queue);
    await eventually(async () => {
      assert.deepEqual(claimed(await client.command("QCLAIM", "QUEUES", queue)), [[queue, "2", "contents", 2]]);
    });
  });

  store.test("A receipt of QCLAIM is valid for its delivery only", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "contents");
    const receiptOf = (reply: Shown) => `${((reply as Shown[])[0] as Shown[])[4]}`;
    const old = receiptOf(await client.command("QCLAIM", "QUEUES", queue));
    assert.equal(await client.command("QTOUCH", queue, "1", "EX", "60", "RECEIPT", old), 1);
    assert.equal(await client.command("QNACK", queue, "1", "RECEIPT", old, "REASON", "slow"), 1);
    const current = receiptOf(await client.command("QCLAIM", "QUEUES", queue));
    assert.equal(await client.command("QACK", queue, "1", "RECEIPT", old), 0);
    assert.equal(await client.command("QACK", queue, "1", "RECEIPT", old, "REDO"), 0);
    assert.equal(await client.command("QNACK", queue, "1", "RECEIPT", old), 0);
    assert.equal(await client.command("QTOUCH", queue, "1", "RECEIPT", old), 0);
    assert.equal(await client.command("QACK", queue, "1", "RECEIPT", current), 1);
  });

  for (const other of [false, true]) {
    store.test(`QCLAIM BLOCK takes what becomes ready${other ? " through another connection in any of its queues" : ""}`, async (okq) => {
      const [client, producer] = [await okq.connect(), await okq.connect()];
      const [one, two] = [okq.queue(), okq.queue()];
      const queue = other ? two : one;
      for (const ex of ["30", "0"]) {
        const { reply } = await startCommand(client, "QCLAIM", "EX", ex, "BLOCK", "0", "QUEUES", one, two);
        await producer.command("QLPUSH", queue, "1", "contents");
        assert.deepEqual(claimed(await reply), [[queue, "1", "contents", 1]]);
        assert.equal(await client.command("QACK", queue, "1"), ex === "0" ? 0 : 1);
      }
    });
  }

  store.test("QCLAIM BLOCK wakes for the end of a delay, a QNACK and the end of a lease", async (okq) => {
    const [client, producer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await producer.command("QLPUSH", queue, "1", "contents", "DELAY", "0.1");
    const claim = ["QCLAIM", "EX", "0.5", "BLOCK", "600", "QUEUES", queue];
    assert.deepEqual(claimed(await client.command(...claim)), [[queue, "1", "contents", 1]]);
    // Sent together, so that the lease is renewed right after it started.
    await client.sendTogether(claim, ["QTOUCH", queue, "1"]);
    assert.deepEqual(claimed(await client.shown()), [[queue, "1", "contents", 2]]);
    assert.equal(await client.shown(), 1);
    const { reply } = await startCommand(client, ...claim);
    assert.equal(await producer.command("QNACK", queue, "1"), 1);
    assert.deepEqual(claimed(await reply), [[queue, "1", "contents", 3]]);
  });

  store.test("QCLAIM BLOCK returns nil after its timeout, and claims nothing afterwards", async (okq) => {
    const [client, producer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    assert.equal(await client.command("QCLAIM", "BLOCK", "0.05", "QUEUES", queue), null);
    await producer.command("QLPUSH", queue, "1", "contents");
    assert.deepEqual(await producer.command("QSTATUS", queue), [`${queue} total: 1 processing: 0 consumers: 0`]);
  });

  store.test("QCLAIM BLOCK of a client that disconnects claims nothing", async (okq) => {
    const [client, producer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await startCommand(client, "QCLAIM", "BLOCK", "0", "QUEUES", queue);
    client.close();
    await producer.command("QLPUSH", queue, "1", "contents");
    await eventually(async () => {
      assert.deepEqual(claimed(await producer.command("QCLAIM", "QUEUES", queue)), [[queue, "1", "contents", 1]]);
    });
  });

  store.test("QCLAIM BLOCK sees what the commands before it in a pipeline did, and holds back those behind it", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const claim = ["QCLAIM", "BLOCK", "600", "QUEUES", queue];
    const settle = (id: string, ...redo: string[]) => [["QTOUCH", queue, id], ["QACK", queue, id, ...redo]];
    await client.sendTogether(["QLPUSH", queue, "1", "contents"], claim, ...settle("1"));
    await client.sendTogether(["QRPUSH", queue, "2", "contents"], claim, ...settle("2", "REDO"), claim);
    await client.sendTogether(["QNACK", queue, "2"], claim, ...settle("2"));
    const replies = [];
    for (let i = 0; i < 13; i++) replies.push(claimed(await client.shown()));
    assert.deepEqual(replies, [
      ...["+OK", [[queue, "1", "contents", 1]], 1, 1],
      ...["+OK", [[queue, "2", "contents", 1]], 1, 1, [[queue, "2", "contents", 2]]],
      ...[1, [[queue, "2", "contents", 3]], 1, 1],
    ]);
  });

  store.test("A QCLAIM BLOCK HOLD behind the QACK of a held event has its room", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const claim = ["QCLAIM", "BLOCK", "600", "HOLD", "QUEUES", queue];
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, "contents");
    await client.sendTogether(claim, ["QACK", queue, "1"], claim, ["QACK", queue, "2"], claim, claim);
    for (const id of ["1", "2", "3"]) {
      assert.deepEqual(claimed(await client.shown()), [[queue, id, "contents", 1]]);
      if (id !== "3") assert.equal(await client.shown(), 1);
    }
    assert.equal(await client.shown(), "-ERR too many held events: --max-held-events is 1");
  }, { maxHeldEvents: 1 });

  store.test("A client that disconnects right after QACK and QCLAIM BLOCK loses no event", async (okq) => {
    const other = await okq.connect();
    const queue = okq.queue();
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`);
    await other.command("QCONFIG", "SET", queue, "lease", "0.5"); // what the system took for a client that was gone
    for (const id of ids) await other.command("QLPUSH", queue, id, "contents");
    for (const id of ids.slice(0, -1)) {
      const client = await okq.connect();
      const [[, claimedId]] = await client.command("QCLAIM", "EX", "600", "QUEUES", queue) as Shown[][];
      assert.equal(claimedId, id);
      await client.sendTogether(["QACK", queue, id], ["QCLAIM", "BLOCK", "600", "QUEUES", queue]);
      client.close();
      const left = ids.length - Number(id) - 1;
      await eventually(async () => {
        assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: ${left} processing: 0 consumers: 0`]);
      });
    }
  });

  store.test("A long pipeline of QACK and QCLAIM BLOCK does not delay other clients", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    const pairs = 1000;
    const sending = client.raw(`QACK ${queue} 1\r\nQCLAIM BLOCK 0.001 QUEUES ${queue}\r\n`.repeat(pairs) + "QUIT\r\n");
    const answers = client.closed();
    let ended = false;
    answers.then(() => ended = true);
    for (let i = 0; i < 50; i++) assert.equal(await other.command("PING"), "+PONG");
    assert.equal(ended, false);
    assert.equal(await answers === ":0\r\n$-1\r\n".repeat(pairs) + "+OK\r\n", true);
    await sending;
  });

  store.test("QCLAIM BLOCK and QNOTIFY share one wait queue, and a claimed event notifies no other client", async (okq) => {
    const [claimer, notified, second, producer] = await Promise.all(Array.from({ length: 4 }, () => okq.connect()));
    const queue = okq.queue();
    await notified.command("QREGISTER", queue);
    await producer.command("QREGISTER", okq.queue());
    const first = await startCommand(claimer, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    const next = await startCommands(notified, ["QNOTIFY", "600"], ["QRPOP", queue]);
    const last = await startCommand(second, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    let told = false;
    next.reply.then(() => told = true);
    await producer.command("QLPUSH", queue, "1", "contents");
    assert.deepEqual(claimed(await first.reply), [[queue, "1", "contents", 1]]);
    assert.equal(await producer.command("QNOTIFY", "0.3"), null); // longer than the delay before the next client is notified
    assert.equal(told, false);
    await producer.command("QLPUSH", queue, "2", "contents");
    assert.equal(await next.reply, queue);
    assert.deepEqual(await notified.shown(), ["2", "contents"]);
    await producer.command("QLPUSH", queue, "3", "contents");
    assert.deepEqual(claimed(await last.reply), [[queue, "3", "contents", 1]]);
  });

  store.test("Many blocked QCLAIMs claim many events, each of them once", async (okq) => {
    const producer = await okq.connect();
    const queue = okq.queue();
    const got: string[] = [];
    const consume = async () => {
      const client = await okq.connect();
      while (true) {
        const reply = await client.command("QCLAIM", "COUNT", "7", "BLOCK", "600", "QUEUES", queue) as Shown[][];
        for (const [, id] of reply) {
          if (id === "end") return;
          got.push(`${id}`);
          assert.equal(await client.command("QACK", queue, `${id}`), 1);
        }
      }
    };
    const consumers = Array.from({ length: 5 }, consume);
    const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
    for (const id of ids) await producer.send("QLPUSH", queue, id, "contents");
    for (const _ of ids) assert.equal(await producer.shown(), "+OK");
    await eventually(() => got.length === ids.length);
    assert.deepEqual(got.toSorted(), ids.toSorted());
    let ended = 0;
    for (const consumer of consumers) consumer.then(() => ended++);
    while (ended < consumers.length) {
      await producer.command("QLPUSH", queue, "end", "contents");
      await eventually(async () => assert.equal(await producer.command("QRPEEK", queue), null));
      await producer.command("QACK", queue, "end");
    }
  });
});
