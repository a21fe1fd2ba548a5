import { assert } from "../../deps.ts";
import { connect } from "../../support/wire.ts";
import { httpTest } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";

interface Named {
  queue: string;
  ready: number;
}

httpTest("Queues are searched, sorted and paged by the server, 10,000 of them", async (url, server) => {
  const page = new PageClient(url);
  const client = await connect(server.addr);
  const names = Array.from({ length: 10_000 }, (_, i) => `queue-${String(i).padStart(4, "0")}`);
  for (const name of names) await client.send("QLPUSH", name, "id", "contents");
  for (const _ of names) await client.reply();
  await client.command("QLPUSH", "queue-0007", "id2", "contents");
  await client.command("QLPUSH", "\xff\x00", "id", "contents");
  const ask = async (params: Record<string, string>) => {
    const { value } = await page.look("queues", params);
    return { ...value, queues: value.queues.map(({ queue }: Named) => queue) };
  };
  const first = await ask({});
  assert.deepEqual([first.all, first.found, first.queues.length], [10_001, 10_001, 50]);
  assert.deepEqual(first.queues.slice(0, 2), ["queue-0007", "queue-0000"]);
  assert.deepEqual(first.sums, { ready: 10_002, processing: 0, delayed: 0, consumers: 0 });
  const found = await ask({ search: "EUE-999", sort: "queue", order: "down", count: "3" });
  assert.deepEqual([found.found, found.queues], [10, ["queue-9999", "queue-9998", "queue-9997"]]);
  assert.deepEqual((await ask({ sort: "queue", order: "up", from: "9999" })).queues, ["queue-9999", "\xc3\xbf\x00"]);
  assert.deepEqual((await ask({ search: "\xc3\xbf" })).queues, ["\xc3\xbf\x00"]);
  assert.deepEqual((await ask({ from: "20000" })).queues, []);
  for (const [name, value] of [["sort", "size"], ["order", "left"], ["from", "-1"], ["count", "201"], ["count", "x"]]) {
    assert.equal((await page.look("queues", { [name]: value })).status, 400, `${name} ${value}`);
  }
  await client[Symbol.asyncDispose]();
});

httpTest("A queue shows the figures of QSTATS, its policy and its history", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  await client.command("QREGISTER", "q");
  await client.command("QCONFIG", "SET", "q", "max-attempts", "3");
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QLPUSH", "q", "4", "contents", "DELAY", "60");
  await client.command("QRPOP", "q", "NOACK");
  await client.command("QRPOP", "q");
  const { value } = await page.look("queue", { queue: "q" });
  const [stats] = await client.command("QSTATS", "q") as unknown[][];
  const names = [
    "queue",
    "total",
    "processing",
    "consumers",
    "ready",
    "delayed",
    "oldestMs",
    "paused",
    "pushed",
    "acked",
    "redelivered",
    "dead",
    "expired",
  ];
  for (const [i, name] of names.entries()) {
    if (name !== "oldestMs") assert.equal(name === "paused" ? Number(value[name]) : value[name], stats[i], name);
  }
  assert.ok(value.oldestMs <= Number(stats[6]));
  assert.deepEqual([value.policy.maxAttempts, value.policy.deadQueue], [3, "q:dead"]);
  assert.deepEqual(value.history.map(({ ready }: Named) => ready).slice(-1), [1]);
});

httpTest("The events of a queue are listed by state, part by part", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QLPUSH", "q", "4", "contents", "DELAY", "60");
  await client.command("QRPOP", "q");
  const ids = async (params: Record<string, string>) => {
    const { value } = await page.look("events", { queue: "q", ...params });
    return [value.events.map(({ id }: { id: string }) => id), value.cursor];
  };
  const [first, cursor] = await ids({ count: "1" });
  assert.deepEqual([first, (await ids({ count: "9", cursor }))[0]], [["2"], ["3"]]);
  assert.deepEqual(await ids({ state: "processing" }), [["1"], "0"]);
  assert.deepEqual(await ids({ state: "delayed" }), [["4"], "0"]);
  assert.equal((await page.look("events", { queue: "q", cursor: "no" })).status, 410);
  assert.equal((await page.look("events", { queue: "q", state: "gone" })).status, 400);
});

httpTest("An event is shown with the beginning of its contents, and all of them are a file", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  const contents = "<script>alert(1)</script>\xff\x00".padEnd(100_000, ".");
  await client.command("QLPUSH", "q", "1", Uint8Array.from(contents, (byte) => byte.charCodeAt(0)));
  const { value } = await page.look("event", { queue: "q", id: "1" });
  assert.deepEqual([value.state, value.size, value.contents], ["ready", 100_000, contents.slice(0, 65_536)]);
  const { ageMs, ...peeked } = (await page.look("peek", { queue: "q", side: "left" })).value;
  assert.deepEqual({ ...value, ageMs }, { ...peeked, ageMs });
  const file = await fetch(`${url}/api/contents?queue=q&id=1`);
  assert.equal(file.headers.get("content-type"), "application/octet-stream");
  assert.match(file.headers.get("content-disposition")!, /^attachment;/);
  assert.match(file.headers.get("content-security-policy")!, /sandbox/);
  assert.equal((await file.bytes()).length, 100_000);
});
