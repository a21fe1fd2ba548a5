import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { connect } from "../../support/wire.ts";
import { httpTest } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";

httpTest("/api/events lists events by state, page by page", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QLPUSH", "q", "4", "contents", "DELAY", "600");
  await client.command("QRPOP", "q");
  const ids = async (params: Record<string, string>) => {
    const { value } = await page.get("events", { queue: "q", ...params });
    return [value.events.map(({ id }: { id: string }) => id), value.cursor];
  };
  const [first, cursor] = await ids({ count: "1" });
  assert.deepEqual([first, (await ids({ count: "9", cursor }))[0]], [["2"], ["3"]]);
  assert.deepEqual(await ids({ state: "processing" }), [["1"], "0"]);
  assert.deepEqual(await ids({ state: "delayed" }), [["4"], "0"]);
  assert.equal((await page.get("events", { queue: "q", cursor: "no" })).status, 410);
  assert.equal((await page.get("events", { queue: "q", state: "gone" })).status, 400);
});

httpTest("/api/events returns only events whose ids match, wherever they are in the queue", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  for (let i = 0; i < 3000; i++) await client.send("QLPUSH", "q", `${i}`, "contents");
  for (let i = 0; i < 3000; i++) assert.equal(await client.shown(), "+OK");
  const found = async (match: string, cursor = "0") => {
    const { value } = await page.get("events", { queue: "q", match, cursor });
    return { ids: value.events.map(({ id }: { id: string }) => id), cursor: value.cursor };
  };
  assert.deepEqual(await found("100[02]"), { ids: ["1000", "1002"], cursor: (await found("nothing")).cursor });
  const { ids, cursor } = await found("2999");
  assert.deepEqual(ids, []);
  assert.deepEqual(await found("2999", cursor), { ids: ["2999"], cursor: "0" });
  const many = await found("*");
  assert.equal(many.ids.length, 50);
  assert.equal((await page.get("events", { queue: "q", match: "x".repeat(1025) })).status, 400);
});

httpTest("/api/events shows the newest first, and the beginning of contents and reasons", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  await client.command("QLPUSH", "q", "small", "contents");
  await client.command("QLPUSH", "q", "long", "x".repeat(1000));
  await client.command("QLPUSH", "q", "large", "x".repeat(20_000));
  await client.command("QRPOP", "q");
  await client.command("QNACK", "q", "small", "REASON", "why".padEnd(1000, "."));
  const { events } = (await page.get("events", { queue: "q", side: "left" })).value;
  const shown = events.map(({ id, size, contents, reason }: Record<string, string>) => [id, size, contents, reason]);
  assert.deepEqual(shown, [
    ["large", 20_000, "", ""],
    ["long", 1000, "x".repeat(256), ""],
    ["small", 8, "contents", "why".padEnd(256, ".")],
  ]);
  const first = (await page.get("events", { queue: "q", side: "left", count: "1" })).value;
  const second = (await page.get("events", { queue: "q", side: "left", count: "1", cursor: first.cursor })).value;
  assert.equal(second.events[0].id, "long");
});

httpTest(
  "/api/event returns the beginning of the contents, /api/contents all of them as a file",
  async (url, server) => {
    const page = new PageClient(url);
    await using client = await connect(server.addr);
    const contents = "<script>alert(1)</script>\xff\x00".padEnd(100_000, ".");
    await client.command("QLPUSH", "q", "1", Uint8Array.from(contents, (byte) => byte.charCodeAt(0)));
    const { value } = await page.get("event", { queue: "q", id: "1" });
    assert.deepEqual([value.state, value.size, value.contents], ["ready", 100_000, contents.slice(0, 65_536)]);
    const polled = (await page.get("event", { queue: "q", id: "1", omit: "large" })).value;
    assert.deepEqual([polled.size, polled.contents], [100_000, ""]);
    await client.command("QLPUSH", "q", "small", "x".repeat(65_536));
    const small = (await page.get("event", { queue: "q", id: "small", omit: "large" })).value;
    assert.equal(small.contents, "x".repeat(65_536));
    const file = await fetch(`${url}/api/contents?queue=q&id=1`);
    assert.equal(file.headers.get("content-type"), "application/octet-stream");
    assert.match(file.headers.get("content-disposition")!, /^attachment;/);
    assert.match(file.headers.get("content-security-policy")!, /sandbox/);
    assert.equal((await file.bytes()).length, 100_000);
  },
);

httpTest("/api/events lists blocked events, with group and the beginning of meta", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  for (const id of ["1", "2", "3"]) {
    await client.command("QLPUSH", "q", id, "contents", "GROUP", "ann", "META", id.repeat(1000));
  }
  await client.command("QLPUSH", "q", "alone", "contents");
  const { events } = (await page.get("events", { queue: "q", state: "blocked" })).value;
  const shown = events.map(({ id, state, group, meta }: Record<string, string>) => [id, state, group, meta]);
  assert.deepEqual(shown, [["2", "blocked", "ann", "2".repeat(256)], ["3", "blocked", "ann", "3".repeat(256)]]);
  const { group, meta, state } = (await page.get("event", { queue: "q", id: "2" })).value;
  assert.deepEqual([group, meta, state], ["ann", "2".repeat(1000), "blocked"]);
  const alone = (await page.get("event", { queue: "q", id: "alone" })).value;
  assert.deepEqual([alone.group, alone.meta], [null, null]);
});

httpTest("/api/queue and /api/queues have blocked and limited", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  await client.command("QCONFIG", "SET", "q", "max-processing", "1");
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents", "GROUP", "ann");
  await client.command("QLPUSH", "q", "alone", "contents");
  await client.command("QRPOP", "q");
  const { blocked, limited, ready } = (await page.get("queue", { queue: "q" })).value;
  assert.deepEqual([blocked, limited, ready], [2, true, 1]);
  await eventually(async () => {
    const { sums, queues } = (await page.get("queues")).value;
    assert.deepEqual([sums.blocked, queues[0].blocked, queues[0].limited], [2, 2, true]);
  });
});
