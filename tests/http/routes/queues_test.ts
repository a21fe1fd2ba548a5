import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { call, httpStoreTest, httpUrl, refused } from "../../support/http.ts";
import { forEachStore } from "../../support/stores.ts";
import { connect } from "../../support/wire.ts";

httpStoreTest("GET /queues searches, sorts and pages 10,000 queues", async (url, server) => {
  await using client = await connect(server.addr);
  const names = Array.from({ length: 10_000 }, (_, i) => `queue-${String(i).padStart(4, "0")}`);
  // The server samples queues in the background. A queue with two events must not be sampled with one.
  for (const id of ["id", "id2"]) await client.command("QLPUSH", "queue-0007", id, "contents");
  for (const name of names) await client.send("QLPUSH", name, "id", "contents");
  for (const _ of names) await client.reply();
  await client.command("QLPUSH", Uint8Array.of(255, 0), "id", "contents");
  const getPage = async (query: string) => {
    const { value } = await call(url, `GET /queues?${query}`);
    return { ...value, queues: value.queues.map(({ queue }: { queue: string }) => queue) };
  };
  const first = await eventually(async () => {
    const first = await getPage("");
    assert.deepEqual([first.all, first.found, first.queues.length], [10_001, 10_001, 50]);
    return first;
  });
  assert.deepEqual(first.queues.slice(0, 2), ["queue-0007", "queue-0000"]);
  const sums = { ready: 10_002, processing: 0, delayed: 0, blocked: 0, consumers: 0, "dead-letters": 0 };
  assert.deepEqual(first.sums, sums);
  const found = await getPage("match=*[eE]ue-999*&sort=queue&order=down&count=3");
  assert.deepEqual([found.found, found.queues], [10, ["queue-9999", "queue-9998", "queue-9997"]]);
  const binary = { base64: "/wA=" };
  assert.deepEqual((await getPage("sort=queue&order=up&from=9999")).queues, ["queue-9999", binary]);
  assert.deepEqual((await getPage("match=%ff*")).queues, [binary]);
  assert.deepEqual((await getPage("from=20000")).queues, []);
  for (const query of ["sort=size", "order=left", "from=-1", "count=201", "count=x", "history=1", "search=x"]) {
    await refused(url, `GET /queues?${query}`, 400, /./);
  }
});

httpStoreTest("GET /queues/{queue} returns the values of QSTATS, policy and history", async (url, server) => {
  await using client = await connect(server.addr);
  await client.command("HELLO", "3");
  await client.command("QREGISTER", "q");
  await client.command("QCONFIG", "SET", "q", "max-attempts", "3", "max-processing", "1");
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents", "GROUP", "ann");
  await client.command("QLPUSH", "q", "4", "contents", "DELAY", "600");
  await client.command("QLPUSH", "q", "5", "contents");
  await client.command("QRPOP", "q", "EX", "600");
  const { value } = await call(url, "GET /queues/q");
  const [stats] = await client.command("QSTATS", "q") as Map<string, unknown>[];
  for (const [name, figure] of stats) {
    if (name === "oldest") assert.ok(value.oldest > 0 && value.oldest * 1000 <= Number(figure));
    else assert.deepEqual(typeof value[name] === "boolean" ? Number(value[name]) : value[name], figure, name);
  }
  assert.deepEqual([value.limited, value.blocked, value.history, value.exists], [true, 2, undefined, true]);
  assert.deepEqual([value.policy["max-attempts"], value["dead-queue"], value["dead-letters"]], [3, "q:dead", 0]);
  assert.deepEqual(Object.keys(value.rates), ["pushed", "acked", "redelivered"]);
  // A sample of a background job may be in the history that was taken before the last command.
  await eventually(async () => {
    const { value: { history } } = await call(url, "GET /queues/q?history=true");
    assert.deepEqual([history.at(-1).ready, history.at(-1).processing], [1, 1]);
    assert.ok(Date.parse(history.at(-1).at) > 0);
    const [{ recent }] = (await call(url, "GET /queues?history=true")).value.queues;
    assert.equal(recent.at(-1), 1);
  });
});

await forEachStore((store) => {
  store.test("GET /queues/{queue} says whether there is anything of a queue", async (okq) => {
    const url = httpUrl(okq.server);
    const client = await okq.connect();
    const exists = async (queue: string) => (await call(url, `GET /queues/${queue}`)).value.exists;
    const [empty, paused, configured, used, consumed] = Array.from({ length: 5 }, () => okq.queue());
    await client.command("QPAUSE", paused);
    await client.command("QCONFIG", "SET", configured, "lease", "5");
    await client.command("QLPUSH", used, "1", "contents");
    await client.command("QRPOP", used, "NOACK");
    await client.command("QREGISTER", consumed);
    assert.deepEqual(await Promise.all([empty, paused, configured, used, consumed].map(exists)), [
      ...[false, true, true, true, true],
    ]);
  }, { httpAddr: { hostname: "127.0.0.1", port: 0 } });
});
