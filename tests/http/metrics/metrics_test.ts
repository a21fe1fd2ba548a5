import { writeUsers } from "../../support/users.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { redisTest, withFolder } from "../../support/programs.ts";
import type { ServeOptions, Server } from "../../../server.ts";
import { startRedis } from "../../support/redis_server.ts";
import { codeOf, rowsOf, sectionOf } from "../../support/pages.ts";
import { readSource } from "../../support/sources.ts";
import { forEachStore, serveForTest } from "../../support/stores.ts";
import { startWaiting } from "../../support/waiting.ts";
import { type Addr, connect, type Wire } from "../../support/wire.ts";
import { httpUrl } from "../../support/http.ts";
import { promtool, promtoolTest } from "../../support/promtool.ts";
import { Stopwatch } from "../../support/stopwatch.ts";

const HTTP: ServeOptions = { httpAddr: { hostname: "127.0.0.1", port: 0 } };
const historyOf = (jobs: string) => [
  ["QLPUSH", jobs, "1", "hello"],
  ["QLPUSH", jobs, "1", "again"],
  ["QLPUSH", jobs, "2", "later", "DELAY", "600"],
  ["QLPUSH", jobs, "3", "more"],
  ["QRPOP", jobs],
  ["QACK", jobs, "1", "REDO"],
  ["QRPOP", jobs],
  ["QACK", jobs, "1"],
  ["QRPOP", jobs, "EX", "600"],
  ["QLPUSH", jobs],
  ["GET", "x"],
  ["QLPUSH", `${jobs}"\xff\n`, "1", "x"],
];

/** The samples of /metrics, by name with labels. */
async function scrape(server: Server, init?: RequestInit): Promise<Map<string, number>> {
  const response = await fetch(`${httpUrl(server)}/metrics`, init);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** The samples once those of the queue "jobs" are among them. */
function scrapeJobs(server: Server): Promise<Map<string, number>> {
  return eventually(async () => {
    const samples = await scrape(server);
    assert.ok(samples.has('okq_queue_ready{queue="jobs"}'));
    return samples;
  });
}

/** Sends commands in one write, so that no sample of the queues is taken in between. */
async function converseTogether(addr: Addr, history: string[][]): Promise<Wire> {
  const client = await connect(addr);
  await client.sendTogether(...history);
  for (const _ of history) await client.reply();
  return client;
}

async function converse(addr: Addr, history: string[][]): Promise<Wire> {
  const client = await connect(addr);
  for (const command of history) {
    await client.command(...command.map((word) => Uint8Array.from(word, (character) => character.charCodeAt(0))));
  }
  return client;
}

await forEachStore((store) => {
  store.test("/metrics has gauges and counters of queues", async (okq) => {
    const server = await okq.serve(HTTP);
    const jobs = okq.queue();
    const stopwatch = new Stopwatch();
    await using client = await converse(server.addr, historyOf(jobs));
    await client.command("QREGISTER", jobs);
    // The sample of a background job may be reused that was taken before the last command.
    await eventually(async () => {
      const samples = await scrape(server);
      const of = (name: string, label = jobs) => samples.get(`okq_queue_${name}{queue="${label}"}`);
      const gauges = ["ready", "processing", "delayed", "consumers", "paused"].map((name) => of(name));
      assert.deepEqual(gauges, [0, 1, 1, 1, 0]);
      const counters = ["pushed", "acked", "redelivered", "dead", "expired"].map((name) => of(`${name}_total`));
      assert.deepEqual(counters, [3, 1, 1, 0, 0]);
      const label = `${jobs}\\"\\\\xFF\\\\n`; // escaped by okq as it is not UTF-8, and then by the format
      assert.equal(of("ready", label), 1);
      stopwatch.assertAge(of("oldest_age_seconds", label)! * 1000);
    });
  });

  store.test("/metrics has gauges of blocked events and of limited queues", async (okq) => {
    const server = await okq.serve(HTTP);
    const queue = okq.queue();
    await using client = await connect(server.addr);
    await client.command("QCONFIG", "SET", queue, "max-processing", "1");
    for (const id of ["1", "2", "3"]) await client.command("QLPUSH", queue, id, "contents", "GROUP", "ann");
    await client.command("QLPUSH", queue, "alone", "contents");
    await client.command("QRPOP", queue);
    await eventually(async () => {
      const samples = await scrape(server);
      const of = (name: string) => samples.get(`okq_queue_${name}{queue="${queue}"}`);
      assert.deepEqual(["ready", "processing", "blocked", "limited"].map(of), [1, 1, 2, 1]);
    });
  });

  store.test("/metrics has counters of commands, connections and store calls", async (okq) => {
    const stopwatch = new Stopwatch();
    const server = await okq.serve(HTTP);
    await using client = await converse(server.addr, historyOf(okq.queue()));
    const samples = await scrape(server);
    const command = (name: string, command: string) => samples.get(`okq_${name}{command="${command}"}`);
    assert.equal(command("commands_total", "qlpush"), 5);
    assert.equal(command("commands_failed_total", "qlpush"), 1);
    assert.equal(command("commands_rejected_total", "qlpush"), 1);
    assert.equal(command("command_duration_seconds_count", "qrpop"), 3);
    assert.ok(command("command_duration_seconds_sum", "qrpop")! > 0);
    assert.equal(samples.get("okq_commands_unknown_total"), 1);
    assert.ok(samples.get("okq_store_duration_seconds_count")! >= 10);
    assert.ok(samples.get("okq_store_batch_operations_sum")! >= 10);
    assert.equal(samples.get("okq_store_failures_total"), 0);
    assert.equal(samples.get("okq_store_up"), 1);
    stopwatch.assertAge(samples.get("okq_reclaimer_lag_seconds")! * 1000);
    assert.equal(samples.get("okq_connections"), 1);
    assert.equal(samples.get("okq_connections_accepted_total"), 1);
    assert.ok(samples.get("okq_received_bytes_total")! > 200);
    assert.ok(samples.get("okq_sent_bytes_total")! > 20);
    await client.command("QREGISTER", "nothing");
    const { reply } = await startWaiting(client);
    assert.equal((await scrape(server)).get("okq_waiters"), 1);
    client.close();
    await assert.rejects(reply);
  });
});

Deno.test('/metrics reports --metrics-max-queues queues one by one and the others as queue ""', async () => {
  const server = await serveForTest("sqlite::memory:", { ...HTTP, metricsMaxQueues: 2 });
  const pushes = ["a", "b", "b", "c", "c", "c", "d"].map((queue, i) => ["QLPUSH", queue, `${i}`, "x"]);
  await using _client = await converseTogether(server.addr, pushes);
  await eventually(async () => {
    const samples = await scrape(server);
    const ready = [...samples].filter(([name]) => name.startsWith("okq_queue_ready")).sort();
    assert.deepEqual(ready, [
      ['okq_queue_ready{queue=""}', 2],
      ['okq_queue_ready{queue="b"}', 2],
      ['okq_queue_ready{queue="c"}', 3],
    ]);
    assert.equal(samples.get('okq_queue_pushed_total{queue=""}'), 2);
  });
  await server.close();
});

Deno.test("/metrics requires the role inspect, and reports queues that the user may access", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(
      users,
      ["look", "x", "inspect *"],
      ["few", "x", "inspect a*"],
      ["push", "x", "produce *"],
      ["boss", "x", "all *"],
    );
    const server = await serveForTest("sqlite::memory:", { ...HTTP, users, metricsMaxQueues: 2 });
    const as = (user: string) => ({ headers: { authorization: `Basic ${btoa(`${user}:x`)}` } });
    const pushes = ["a1", "a1", "b1", "b1", "c"].map((queue, i) => ["QLPUSH", queue, `${i}`, "x"]);
    await using _client = await converseTogether(server.addr, [["AUTH", "boss", "x"], ...pushes]);
    const url = `${httpUrl(server)}/metrics`;
    for (const [init, status] of [[{}, 401], [as("push"), 403]] as const) {
      const response = await fetch(url, init);
      assert.equal(response.status, status);
      assert.doesNotMatch(await response.text(), /a1/);
    }
    const queuesOf = async (user: string) =>
      [...(await scrape(server, as(user))).keys()].flatMap((name) =>
        /^okq_queue_ready\{queue="(.*)"\}/.exec(name)?.[1] ?? []
      );
    await eventually(async () => assert.deepEqual((await queuesOf("look")).sort(), ["", "a1", "b1"]));
    assert.deepEqual(await queuesOf("few"), ["a1"]);
    await server.close();
  });
});

redisTest("/metrics answers while the store does not", async () => {
  await using redis = await startRedis();
  const server = await serveForTest(redis.url, { ...HTTP, storeTimeoutMs: 4000 });
  try {
    assert.equal((await scrape(server)).get("okq_store_up"), 1);
    await redis.kill();
    await eventually(async () => {
      const samples = await scrape(server);
      assert.equal(samples.get("okq_store_up"), 0);
      assert.ok(samples.get("okq_reclaimer_lag_seconds")! > 0.5);
    });
    assert.equal((await scrape(server)).get("okq_connections"), 0);
  } finally {
    await server.close();
  }
});

promtoolTest("promtool has no complaints about /metrics", async () => {
  const server = await serveForTest("sqlite::memory:", { ...HTTP, metricsMaxQueues: 1 });
  await using _client = await converse(server.addr, historyOf("jobs"));
  const text = await (await fetch(`${httpUrl(server)}/metrics`)).text();
  await server.close();
  assert.deepEqual(await promtool(["check", "metrics"], text), { success: true, text: "" });
});

promtoolTest("promtool accepts docs/alerts.yml and its tests pass", async () => {
  for (const args of [["check", "rules", "docs/alerts.yml"], ["test", "rules", "docs/alerts_test.yml"]]) {
    const { success, text } = await promtool(args);
    assert.ok(success, text);
  }
});

Deno.test("The alerts use existing metrics", async () => {
  const server = await serveForTest("sqlite::memory:", HTTP);
  await using _client = await converse(server.addr, historyOf("jobs"));
  const names = new Set([...(await scrapeJobs(server)).keys()].map((name) => name.replace(/\{.*/, "")));
  await server.close();
  const rules = (await readSource("docs/alerts.yml")).matchAll(/\bokq_\w+/g);
  assert.deepEqual([...rules].map(([name]) => name).filter((name) => !names.has(name)), []);
});

Deno.test("docs/operations.md names every metric, and no other", async () => {
  const server = await serveForTest("sqlite::memory:", HTTP);
  await using _client = await converse(server.addr, historyOf("jobs"));
  const reported = [...(await scrapeJobs(server)).keys()].map((name) =>
    name.replace(/(_bucket|_sum|_count)?(\{.*)?$/, "")
  );
  await server.close();
  const named = rowsOf(await sectionOf("docs/operations.md", "Metrics")).flatMap(([cell]) => codeOf(cell));
  assert.deepEqual([...new Set(reported)].filter((name) => !named.includes(name)), []);
  const sources = ["http/metrics/metrics.ts", "http/metrics/queue_metrics.ts"];
  const source = (await Promise.all(sources.map(readSource))).join("\n");
  assert.deepEqual(
    named.filter((name) => !source.includes(`"${name.replace(/^okq_queue_/, "")}"`) && !source.includes(`"${name}"`)),
    [],
  );
});
