import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { claimIds, fieldOf, idsOf, listIds, pushGroup, statsOf } from "../support/groups.ts";
import { forEachStore, forRedis } from "../support/stores.ts";
import { startCommand, startWaiting } from "../support/waiting.ts";
import { bytes, type Wire } from "../support/wire.ts";

/** Asserts the ids that are ready, in the order in which they are popped, and those that are blocked, in no order. */
async function assertStates(client: Wire, queue: string, ready: string[], blocked: string[]): Promise<void> {
  assert.deepEqual(await listIds(client, queue, "ready"), ready);
  assert.deepEqual((await listIds(client, queue, "blocked")).sort(), blocked.toSorted());
}

/** By what an event of the queue goes, given its id; the event has been claimed. */
const ENDS: Record<string, (client: Wire, queue: string, id: string) => Promise<unknown>> = {
  "is acknowledged": (client, queue, id) => client.command("QACK", queue, id),
  async "dies"(client, queue, id) {
    await client.command("QNACK", queue, id, "DEAD");
    assert.equal(await fieldOf(client, `${queue}:dead`, id, "state"), "ready");
  },
  async "expires instead of coming back"(client, queue, id) {
    await eventually(async () => assert.equal(await fieldOf(client, queue, id, "ttl"), 0));
    await client.command("QNACK", queue, id);
  },
};

await forEachStore((store) => {
  store.test("Events of a group are delivered in the order of their pushes, one at a time", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = ["1", "2", "3", "4"];
    await pushGroup(client, queue, "ann", ids);
    for (const id of ids) {
      assert.deepEqual(await claimIds(client, queue, 10), [id]);
      assert.deepEqual(await claimIds(client, queue, 10), []);
      assert.equal(await client.command("QRPOP", queue), null);
      assert.equal(await client.command("QACK", queue, id), 1);
    }
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  });

  store.test("At most group-limit events of a group are ready or being processed", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "group-limit", "2");
    await pushGroup(client, queue, "ann", ["a1", "a2", "a3", "a4"]);
    await pushGroup(client, queue, "bob", ["b1"]);
    await client.command("QLPUSH", queue, "none", "contents");
    await assertStates(client, queue, ["a1", "a2", "b1", "none"], ["a3", "a4"]);
    assert.deepEqual(await claimIds(client, queue, 10), ["a1", "a2", "b1", "none"]);
    assert.equal(await client.command("QACK", queue, "a2"), 1);
    assert.deepEqual(await claimIds(client, queue, 10), ["a3"]);
    assert.deepEqual(await claimIds(client, queue, 10), []);
  });

  store.test("Blocked events are part of total, and shown by QLIST, QGET and QSTATS", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2", "3"]);
    await client.command("QRPOP", queue);
    await client.command("QLPUSH", queue, "none", "contents");
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 4 processing: 1 consumers: 0`]);
    assert.deepEqual(await listIds(client, queue, "blocked"), ["2", "3"]);
    for (const [id, state] of [["1", "processing"], ["2", "blocked"]]) {
      assert.equal(await fieldOf(client, queue, id, "state"), state);
      assert.equal(await fieldOf(client, queue, id, "group"), "ann");
    }
    assert.equal(await fieldOf(client, queue, "2", "contents"), "contents 2");
    assert.equal(await fieldOf(client, queue, "none", "group"), null);
    const { total, processing, ready, delayed, blocked, limited } = await statsOf(client, queue);
    assert.deepEqual([total, processing, ready, delayed, blocked, limited], [4, 1, 1, 0, 2, 0]);
    const all = (await client.command("QLIST", queue) as [string, string[][]])[1];
    assert.deepEqual(all.map(([id, state]) => [id, state]).toSorted(), [
      ...[["1", "processing"], ["2", "blocked"], ["3", "blocked"], ["none", "ready"]],
    ]);
  });

  for (const [end, finish] of Object.entries(ENDS)) {
    store.test(`When an event ${end}, the next one of its group becomes ready at the left end`, async (okq) => {
      const client = await okq.connect();
      const queue = okq.queue();
      const ttl = end.startsWith("expires") ? ["TTL", "1"] : [];
      // Sent together, so that the time to live does not end in between.
      await client.sendTogether(["QLPUSH", queue, "1", "contents", "GROUP", "ann", ...ttl], ["QRPOP", queue]);
      assert.equal(await client.shown(), "+OK");
      assert.deepEqual(await client.shown(), ["1", "contents"]);
      await pushGroup(client, queue, "ann", ["2", "3"]);
      await client.command("QLPUSH", queue, "other", "contents");
      await finish(client, queue, "1");
      await assertStates(client, queue, ["other", "2"], ["3"]);
    });
  }

  store.test("When a ready event is popped with NOACK, moved, expired or acknowledged by id, the next becomes ready", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2", "3", "4"]);
    await pushGroup(client, queue, "ann", ["5"], "TTL", "2");
    await pushGroup(client, queue, "ann", ["6"]);
    assert.deepEqual(await client.command("QRPOP", queue, "NOACK"), ["1", "contents 1"]);
    await assertStates(client, queue, ["2"], ["3", "4", "5", "6"]);
    assert.deepEqual(await claimIds(client, queue, 1, "EX", "0"), ["2"]);
    assert.equal(await client.command("QMOVE", queue, `${queue}:dead`, "COUNT", "1"), 1);
    assert.equal(await client.command("QACK", queue, "4"), 1);
    await eventually(() => assertStates(client, queue, ["6"], []));
    assert.deepEqual(await listIds(client, `${queue}:dead`, "ready"), ["3"]);
  });

  store.test("Keys take turns: a long group delays an event of another key by one event", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const ids = Array.from({ length: 1000 }, (_, i) => `${i}`);
    await client.command("QMPUSH", queue, "GROUP", "ann", "EVENTS", ...ids.flatMap((id) => [id, "contents"]));
    assert.deepEqual(await claimIds(client, queue), ["0"]);
    await pushGroup(client, queue, "bob", ["b"]);
    await client.command("QACK", queue, "0");
    assert.deepEqual(await claimIds(client, queue), ["b"]);
    assert.deepEqual(await claimIds(client, queue), ["1"]);
    assert.equal((await statsOf(client, queue)).blocked, 998);
  });

  store.test("An event that comes back keeps its place, so the order holds through failures", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2", "3"]);
    const isAlone = async (delivered: string[]) => {
      assert.deepEqual(delivered, ["1"]);
      assert.deepEqual(await claimIds(client, queue, 10), []);
    };
    await isAlone(await claimIds(client, queue, 10));
    await client.command("QNACK", queue, "1");
    await isAlone(await claimIds(client, queue, 10));
    await client.command("QNACK", queue, "1", "DELAY", "600");
    assert.equal(await fieldOf(client, queue, "1", "state"), "delayed");
    assert.deepEqual(await claimIds(client, queue, 10), []);
    await client.command("QFLUSH", queue);
    await pushGroup(client, queue, "ann", ["1", "2", "3"]);
    await client.command("QCONFIG", "SET", queue, "backoff", "0.02");
    await isAlone(await claimIds(client, queue, 10));
    await client.command("QNACK", queue, "1");
    await isAlone(idsOf(await client.command("QCLAIM", "BLOCK", "600", "QUEUES", queue)));
    await client.command("QACK", queue, "1", "REDO");
    await isAlone(await claimIds(client, queue, 10));
    await client.command("QTOUCH", queue, "1", "EX", "0.02");
    await isAlone(idsOf(await client.command("QCLAIM", "BLOCK", "600", "QUEUES", queue)));
    await client.command("QACK", queue, "1");
    assert.deepEqual(await claimIds(client, queue, 10), ["2"]);
  });

  store.test("An event held by a connection that closes keeps its place", async (okq) => {
    const [holder, client] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2"]);
    assert.deepEqual(await claimIds(holder, queue, 10, "HOLD"), ["1"]);
    const { reply } = await startCommand(client, "QCLAIM", "BLOCK", "600", "COUNT", "10", "QUEUES", queue);
    holder.close();
    assert.deepEqual(idsOf(await reply), ["1"]);
    assert.deepEqual(await listIds(client, queue, "blocked"), ["2"]);
  });

  store.test("QRPUSH puts an event before the blocked ones of its key, or at the right end if there is a place", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "none", "contents");
    await client.command("QRPUSH", queue, "1", "contents", "GROUP", "ann");
    await pushGroup(client, queue, "ann", ["2"]);
    await client.command("QRPUSH", queue, "first", "contents", "GROUP", "ann");
    await client.command("QMPUSH", queue, "RIGHT", "GROUP", "ann", "EVENTS", "m1", "x", "m2", "x");
    await assertStates(client, queue, ["1", "none"], ["m2", "m1", "first", "2"]);
  });

  store.test("A delayed event joins its group when it is due, on the side it was pushed to", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    // Sent together, so that the delays do not end in between.
    const delayed = (push: string, id: string) => [push, queue, id, "contents", "GROUP", "ann", "DELAY", "0.5"];
    await client.sendTogether(
      delayed("QLPUSH", "late"),
      delayed("QRPUSH", "first"),
      ["QLPUSH", queue, "1", "contents", "GROUP", "ann"],
      ["QLPUSH", queue, "2", "contents", "GROUP", "ann"],
      ["QLIST", queue, "STATE", "delayed"],
      ["QLIST", queue, "STATE", "blocked"],
    );
    for (let i = 0; i < 4; i++) assert.equal(await client.shown(), "+OK");
    const listed = [await client.shown(), await client.shown()] as [string, string[][]][];
    assert.deepEqual(listed.map(([, events]) => events.map(([id]) => id).toSorted()), [["first", "late"], ["2"]]);
    await eventually(() => assertStates(client, queue, ["1"], ["first", "2", "late"]));
  });

  store.test("A dead letter is ready at once whatever its key, which it keeps; QMOVE has it join its group", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    await pushGroup(client, queue, "ann", ["1", "2", "3"]);
    for (const id of ["1", "2"]) {
      assert.deepEqual(await claimIds(client, queue), [id]);
      await client.command("QNACK", queue, id, "DEAD");
    }
    await assertStates(client, dead, ["1", "2"], []);
    assert.equal(await fieldOf(client, dead, "2", "group"), "ann");
    assert.deepEqual(await claimIds(client, dead, 10), ["1", "2"]);
    for (const id of ["2", "1"]) await client.command("QACK", dead, id, "REDO");
    assert.equal(await client.command("QMOVE", dead, queue), 2);
    await assertStates(client, queue, ["3"], ["1", "2"]);
  });

  store.test("QMOVE makes a dead letter ready if its group has a place", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1"]);
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, "1", "DEAD");
    await client.command("QLPUSH", queue, "none", "contents");
    await client.command("QMOVE", `${queue}:dead`, queue);
    await pushGroup(client, queue, "ann", ["2"]);
    await assertStates(client, queue, ["none", "1"], ["2"]);
  });

  store.test("A group-limit that is raised makes more of each group ready, and wakes consumers", async (okq) => {
    const [client, consumer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["a1", "a2", "a3", "a4"]);
    await pushGroup(client, queue, "bob", ["b1", "b2"]);
    assert.deepEqual(await claimIds(client, queue, 10), ["a1", "b1"]);
    const { reply } = await startCommand(consumer, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    await client.command("QCONFIG", "SET", queue, "group-limit", "3");
    const first = idsOf(await reply);
    await eventually(async () => assert.equal((await statsOf(client, queue)).blocked, 1));
    const rest = await claimIds(client, queue, 10);
    assert.deepEqual([...first, ...rest].toSorted(), ["a2", "a3", "b2"]);
    assert.deepEqual(await listIds(client, queue, "blocked"), ["a4"]);
  });

  store.test("A group-limit that is lowered holds for what is ready, and for what is being processed when it ends", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "group-limit", "4");
    await pushGroup(client, queue, "ann", ["1", "2", "3", "4", "5"]);
    assert.deepEqual(await claimIds(client, queue, 2), ["1", "2"]);
    await client.command("QCONFIG", "SET", queue, "group-limit", "1");
    assert.deepEqual(await claimIds(client, queue, 10), []);
    assert.equal(await client.command("QACK", queue, "1"), 1);
    assert.deepEqual(await claimIds(client, queue, 10), []);
    assert.equal(await client.command("QACK", queue, "2"), 1);
    assert.deepEqual(await claimIds(client, queue, 10), ["3"]);
    assert.equal(await client.command("QNACK", queue, "3"), 1);
    for (const id of ["3", "4", "5"]) {
      assert.deepEqual(await claimIds(client, queue, 10), [id]);
      assert.equal(await client.command("QACK", queue, id), 1);
    }
  });

  store.test("TTL, QACK by id, max-length and QFLUSH treat blocked events like ready ones", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QCONFIG", "SET", queue, "max-length", "4");
    await pushGroup(client, queue, "ann", ["1"]);
    await pushGroup(client, queue, "ann", ["short"], "TTL", "0.02");
    await pushGroup(client, queue, "ann", ["2"]);
    await eventually(async () => assert.equal(await fieldOf(client, queue, "short", "state"), undefined));
    await eventually(async () => assert.equal((await statsOf(client, queue)).expired, 1));
    await pushGroup(client, queue, "ann", ["3", "4"]);
    assert.equal(await client.command("QLPUSH", queue, "5", "contents", "GROUP", "ann"), "-ERR queue full");
    assert.equal(await client.command("QLPUSH", queue, "2", "contents"), "-ERR duplicate event 2");
    assert.equal(await client.command("QACK", queue, "2"), 1);
    await assertStates(client, queue, ["1"], ["3", "4"]);
    assert.equal(await client.command("QFLUSH", queue), "+OK");
    await assertStates(client, queue, [], []);
    await pushGroup(client, queue, "ann", ["4", "3"]);
    await assertStates(client, queue, ["4"], ["3"]);
  });

  store.test("A key is any bytes, up to 512 of them", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const keys = [bytes("\0\r\n\xff{}: "), bytes("\0\r\n\xff{}:"), bytes("g".repeat(512)), bytes("g".repeat(511))];
    for (const [i, key] of keys.entries()) {
      for (const id of [`${i}a`, `${i}b`]) {
        assert.equal(await client.command("QLPUSH", queue, id, "contents", "GROUP", key), "+OK");
      }
    }
    await assertStates(client, queue, ["0a", "1a", "2a", "3a"], await listIds(client, queue, "blocked"));
    assert.equal(await fieldOf(client, queue, "0b", "group"), "\0\r\n\xff{}: ");
    assert.equal(await fieldOf(client, queue, "2b", "state"), "blocked");
  });

  store.test("NOBLOCK pushes join their groups", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2"], "NOBLOCK", "META", "m");
    await eventually(() => assertStates(client, queue, ["1"], ["2"]));
    assert.equal(await fieldOf(client, queue, "2", "meta"), "m");
  });

  store.test("Waiting QCLAIM and QNOTIFY wake when the next event of a group becomes ready", async (okq) => {
    const [client, claimer, notified] = await Promise.all([okq.connect(), okq.connect(), okq.connect()]);
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2", "3"]);
    assert.deepEqual(await claimIds(client, queue), ["1"]);
    const claim = await startCommand(claimer, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    assert.deepEqual(await listIds(client, queue, "blocked"), ["2", "3"]);
    await client.command("QACK", queue, "1");
    assert.deepEqual(idsOf(await claim.reply), ["2"]);
    await notified.command("QREGISTER", queue);
    const notify = await startWaiting(notified);
    await claimer.command("QACK", queue, "2");
    assert.equal(await notify.reply, queue);
    assert.deepEqual(await notified.command("QRPOP", queue), ["3", "contents 3"]);
  });
});

await forRedis((store) => {
  store.test("A consumer of another okq wakes when the next event of a group becomes ready", async (okq) => {
    const other = await okq.serve();
    const [client, consumer] = [await okq.connect(), await okq.connect(other.addr)];
    const queue = okq.queue();
    await pushGroup(client, queue, "ann", ["1", "2"]);
    assert.deepEqual(await claimIds(client, queue), ["1"]);
    const { reply } = await startCommand(consumer, "QCLAIM", "BLOCK", "600", "QUEUES", queue);
    assert.deepEqual(await listIds(client, queue, "blocked"), ["2"]);
    await client.command("QACK", queue, "1");
    assert.deepEqual(idsOf(await reply), ["2"]);
  });
});
