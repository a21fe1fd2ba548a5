import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { fields } from "../support/fields.ts";
import {
  badQueues,
  elsewhere,
  NO_TIMES,
  outOfRange,
  type Refusal,
  refuses,
  syntaxError,
  wrongArity,
} from "../support/refusals.ts";
import { Stopwatch } from "../support/stopwatch.ts";

const OTHER_PARTITION = /^-ERR dead-queue is in another partition: /;

function defaults(queue: string): Record<string, string> {
  return {
    "max-attempts": "0",
    "dead-queue": `${queue}:dead`,
    backoff: "0",
    "backoff-max": "0",
    "max-length": "0",
    lease: "30",
    "group-limit": "1",
    remember: "0",
    "max-processing": "0",
    rate: "0",
  };
}

await forEachStore((store) => {
  refuses(store, "QCONFIG", (queue) => [
    [[], wrongArity("QCONFIG")],
    [["NOPE", queue], "-ERR unknown subcommand 'NOPE'. Try QCONFIG HELP."],
    [["GET"], wrongArity("QCONFIG|GET")],
    [["GET", queue, queue], wrongArity("QCONFIG|GET")],
    [["RESET", queue, queue], wrongArity("QCONFIG|RESET")],
    [["SET", queue], wrongArity("QCONFIG|SET")],
    [["SET", queue, "lease"], wrongArity("QCONFIG|SET")],
    [["SET", queue, "lease", "1", "backoff"], syntaxError("backoff")],
    [["SET", queue, "lease", "1", "LEASE", "1"], syntaxError("LEASE")],
    [
      ["SET", queue, "maxattempts", "3"],
      /^-ERR syntax error near 'maxattempts': the fields are max-attempts, dead-queue, backoff, /,
    ],
    [["SET", queue, "nope", "1"], syntaxError("nope")],
    [["SET", queue, "constructor", "1"], syntaxError("constructor")],
    ...["", "-1", "x", "1.5", "65536"].map((
      n,
    ): Refusal => [["SET", queue, "max-attempts", n], outOfRange("MAX-ATTEMPTS")]),
    ...["", "-1", "x", "1.5"].map((n): Refusal => [["SET", queue, "max-length", n], outOfRange("MAX-LENGTH")]),
    ...["backoff", "backoff-max", "lease"].flatMap((field) =>
      NO_TIMES.map((time): Refusal => [["SET", queue, field, time], outOfRange(field.toUpperCase())])
    ),
    [["SET", queue, "lease", "0"], outOfRange("LEASE")],
    ...["", "0", "-1", "x", "1.5", "1000001"].map((
      n,
    ): Refusal => [["SET", queue, "group-limit", n], outOfRange("GROUP-LIMIT")]),
    ...[...NO_TIMES, "604801", "604800.001"].map((
      time,
    ): Refusal => [["SET", queue, "remember", time], outOfRange("REMEMBER")]),
    ...["", "-1", "x", "1.5", "NaN"].map((
      n,
    ): Refusal => [["SET", queue, "max-processing", n], outOfRange("MAX-PROCESSING")]),
    ...[...NO_TIMES, "1e9", "1000000000", "1000000.1", "0.000009"].map((
      rate,
    ): Refusal => [["SET", queue, "rate", rate], outOfRange("RATE")]),
    [["SET", queue, "dead-queue", queue], "-ERR dead-queue must be another queue"],
    [["SET", queue, "backoff", "1", "dead-queue", elsewhere(queue)], OTHER_PARTITION],
    [["SET", "q:dead", "max-attempts", "1"], OTHER_PARTITION],
    ...badQueues((bad) => ["SET", queue, "dead-queue", bad]),
    ...badQueues((queue) => ["GET", queue]),
    ...badQueues((queue) => ["SET", queue, "lease", "1"]),
    ...badQueues((queue) => ["RESET", queue]),
    [["SET", "q".repeat(508), "max-attempts", "1"], /^-ERR queue name must be/],
  ]);

  store.test("QCONFIG GET returns what SET set and defaults otherwise; RESET restores the defaults", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    assert.deepEqual(fields(await client.command("QCONFIG", "GET", queue)), defaults(queue));
    assert.equal(await client.command("QCONFIG", "SET", queue, "max-attempts", "3", "BACKOFF", "0.5"), "+OK");
    assert.equal(
      await client.command("qconfig", "set", queue, "Backoff-Max", "3600", "dead-queue", `{${queue}}:graves`),
      "+OK",
    );
    assert.equal(await client.command("QCONFIG", "SET", queue, "max-length", "1000000", "lease", "0.25"), "+OK");
    assert.equal(await client.command("QCONFIG", "SET", queue, "rate", "0.5", "Group-Limit", "1000000"), "+OK");
    assert.equal(await client.command("QCONFIG", "SET", queue, "remember", "604800", "max-processing", "12"), "+OK");
    const said = {
      "max-attempts": "3",
      "dead-queue": `{${queue}}:graves`,
      backoff: "0.5",
      "backoff-max": "3600",
      "max-length": "1000000",
      lease: "0.25",
      "group-limit": "1000000",
      remember: "604800",
      "max-processing": "12",
      rate: "0.5",
    };
    assert.deepEqual(fields(await client.command("QCONFIG", "GET", queue)), said);
    assert.equal(await client.command("QCONFIG", "SET", queue, "max-attempts", "0"), "+OK");
    await client.command("HELLO", "3");
    const reply = await client.command("QCONFIG", "GET", queue);
    assert.ok(reply instanceof Map);
    assert.deepEqual(fields(reply), { ...said, "max-attempts": "0" });
    assert.equal(await client.command("QCONFIG", "RESET", queue), "+OK");
    assert.deepEqual(fields(await client.command("QCONFIG", "GET", queue)), defaults(queue));
  });

  store.test("QCONFIG sets a dead queue for a queue whose name ends in :dead", async (okq) => {
    const client = await okq.connect();
    const tag = okq.queue();
    const [queue, graves] = [`{${tag}}:dead`, `{${tag}}:graves`];
    assert.equal(await client.command("QCONFIG", "SET", queue, "dead-queue", graves), "+OK");
    assert.equal(await client.command("QCONFIG", "SET", queue, "max-attempts", "1"), "+OK");
    assert.equal(fields(await client.command("QCONFIG", "GET", queue))["dead-queue"], graves);
  });

  store.test("QCONFIG max-attempts: the last failed attempt moves the event to the dead queue", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    await client.command("QCONFIG", "SET", queue, "max-attempts", "2");
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, `contents ${id}`);
    for (const reason of ["first", "second"]) {
      assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents 1"]);
      assert.equal(await client.command("QNACK", queue, "1", "REASON", reason), 1);
    }
    const { state, attempts, reason, contents } = fields(await client.command("QGET", dead, "1"));
    assert.deepEqual([state, attempts, reason, contents], ["ready", 2, "second", "contents 1"]);
    await client.command("QRPOP", queue, "EX", "0.02");
    await eventually(async () =>
      assert.deepEqual(await client.command("QRPOP", queue, "EX", "0.02"), ["2", "contents 2"])
    );
    await eventually(async () => assert.deepEqual(await client.command("QLPEEK", dead), ["2", "contents 2"]));
    assert.deepEqual(await client.command("QSTATUS", queue, dead), [
      `${queue} total: 0 processing: 0 consumers: 0`,
      `${dead} total: 2 processing: 0 consumers: 0`,
    ]);
    assert.deepEqual(await client.command("QRPOP", dead), ["1", "contents 1"]);
  });

  store.test("QCONFIG backoff delays failed events, unless QNACK has a DELAY; REDO has no backoff", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const stopwatch = new Stopwatch();
    await client.command("QCONFIG", "SET", queue, "backoff", "100", "backoff-max", "150");
    await client.command("QLPUSH", queue, "1", "contents");
    for (const longest of [100_000, 150_000]) {
      assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
      assert.equal(await client.command("QNACK", queue, "1", "DELAY", "0"), 1);
      assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
      assert.equal(await client.command("QACK", queue, "1", "REDO"), 1);
      assert.deepEqual(await client.command("QRPOP", queue), ["1", "contents"]);
      await client.command("QACK", queue, "1");
      await client.command("QLPUSH", queue, "1", "contents");
      const failures = longest === 100_000 ? 1 : 2;
      for (let failure = 1; failure < failures; failure++) {
        await client.command("QRPOP", queue);
        await client.command("QNACK", queue, "1", "DELAY", "0");
      }
      await client.command("QRPOP", queue);
      assert.equal(await client.command("QNACK", queue, "1"), 1);
      const { state, due } = fields(await client.command("QGET", queue, "1"));
      assert.equal(state, "delayed");
      stopwatch.assertRemaining(Number(due), longest);
      await client.command("QFLUSH", queue);
      await client.command("QLPUSH", queue, "1", "contents");
    }
  });

  store.test("QCONFIG lease applies to QRPOP and QCLAIM without EX", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const stopwatch = new Stopwatch();
    await client.command("QCONFIG", "SET", queue, "lease", "500");
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, "contents");
    await client.command("QRPOP", queue);
    await client.command("QCLAIM", "QUEUES", queue);
    await client.command("QRPOP", queue, "EX", "50");
    const due = async (id: string) => Number(fields(await client.command("QGET", queue, id)).due);
    for (const id of ["1", "2"]) stopwatch.assertRemaining(await due(id), 500_000);
    stopwatch.assertRemaining(await due("3"), 50_000);
  });

  store.test("QCONFIG of an empty queue makes it active until RESET, and QFLUSH keeps it", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const shown = async () => (await client.command("QSTATUS") as string[]).filter((line) => line.startsWith(queue));
    await client.command("QCONFIG", "SET", queue, "max-length", "5");
    await client.command("QFLUSH", queue);
    assert.deepEqual(await shown(), [`${queue} total: 0 processing: 0 consumers: 0`]);
    assert.equal(fields(await client.command("QCONFIG", "GET", queue))["max-length"], "5");
    await client.command("QCONFIG", "RESET", queue);
    assert.deepEqual(await shown(), []);
  });
});
