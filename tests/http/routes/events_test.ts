import { assert } from "../../deps.ts";
import { call, httpStoreTest, refused } from "../../support/http.ts";
import { connect } from "../../support/wire.ts";

const EVENTS = "GET /queues/q/events";
const idsOf = (events: { id: string }[]) => events.map(({ id }) => id);

httpStoreTest("GET /queues/{queue}/events lists events by state, page by page", async (url, server) => {
  await using client = await connect(server.addr);
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QLPUSH", "q", "4", "contents", "DELAY", "600");
  await client.command("QRPOP", "q");
  const ids = async (query: string) => {
    const { value } = await call(url, `${EVENTS}?${query}`);
    return [idsOf(value.events), value.cursor];
  };
  const [first, cursor] = await ids("state=ready&count=1");
  assert.deepEqual([first, (await ids(`state=ready&count=9&cursor=${cursor}`))[0]], [["2"], ["3"]]);
  assert.deepEqual(await ids("state=processing"), [["1"], "0"]);
  assert.deepEqual(await ids("state=delayed"), [["4"], "0"]);
  assert.deepEqual((await call(url, EVENTS)).value.events.length, 4);
  await refused(url, `${EVENTS}?cursor=no`, 410, "invalid cursor: start at the first page");
  await refused(url, `${EVENTS}?state=gone`, 400, "state must be ready, processing, delayed or blocked");
  await refused(url, `${EVENTS}?count=251`, 400, "value is not an integer or out of range 'count'");
});

httpStoreTest(
  "GET /queues/{queue}/events returns only ids that match, wherever they are in the queue",
  async (url, server) => {
    await using client = await connect(server.addr);
    for (let i = 0; i < 3000; i++) await client.send("QLPUSH", "q", `${i}`, "contents");
    for (let i = 0; i < 3000; i++) assert.equal(await client.shown(), "+OK");
    const found = async (match: string, cursor = "0") => {
      const { value } = await call(url, `${EVENTS}?state=ready&match=${match}&cursor=${cursor}`);
      return { ids: idsOf(value.events), cursor: value.cursor };
    };
    assert.deepEqual(await found("100[02]"), { ids: ["1000", "1002"], cursor: (await found("nothing")).cursor });
    const { ids, cursor } = await found("2999");
    assert.deepEqual(ids, []);
    assert.deepEqual(await found("2999", cursor), { ids: ["2999"], cursor: "0" });
    assert.equal((await found("*")).ids.length, 50);
    await refused(url, `${EVENTS}?match=${"x".repeat(1025)}`, 400, "pattern must be at most 1024 bytes long");
  },
);

httpStoreTest("GET /queues/{queue}/events shows the beginning of contents, reasons and meta", async (url, server) => {
  await using client = await connect(server.addr);
  await client.command("QLPUSH", "q", "small", "contents");
  await client.command("QLPUSH", "q", "long", "é".repeat(300), "META", "m".repeat(1000), "GROUP", "ann");
  await client.command("QLPUSH", "q", "cut", "x" + "é".repeat(300));
  await client.command("QLPUSH", "q", "large", "x".repeat(20_000));
  await client.command("QRPOP", "q");
  await client.command("QNACK", "q", "small", "REASON", "why".padEnd(1000, "."));
  const { events } = (await call(url, `${EVENTS}?state=ready&from=left`)).value;
  const shown = events.map(({ id, size, contents, reason, meta, group }: Record<string, unknown>) => [
    ...[id, size, contents, reason, meta, group],
  ]);
  assert.deepEqual(shown, [
    ["large", 20_000, "", "", null, null],
    ["cut", 601, "x" + "é".repeat(127), "", null, null],
    ["long", 600, "é".repeat(128), "", "m".repeat(256), "ann"],
    ["small", 8, "contents", "why".padEnd(256, "."), null, null],
  ]);
  const page = `${EVENTS}?state=ready&from=left&count=1`;
  const { cursor } = (await call(url, page)).value;
  assert.deepEqual(idsOf((await call(url, `${page}&cursor=${cursor}`)).value.events), ["cut"]);
});

httpStoreTest(
  "GET of an event returns the beginning of its contents, and their route all of them",
  async (url, server) => {
    await using client = await connect(server.addr);
    const contents = "<script>alert(1)</script>\x00".padEnd(100_000, ".");
    await client.command("QLPUSH", "q", "1", contents, "TTL", "600", "GROUP", "ann", "META", "m".repeat(1000));
    const event = async (id: string, query = "") => (await call(url, `GET /queues/q/events/${id}${query}`)).value;
    const { age, ttl, ...rest } = await event("1");
    assert.ok(age >= 0 && age < 600 && ttl > 0 && ttl <= 600);
    assert.deepEqual(rest, {
      ...{
        id: "1",
        state: "ready",
        attempts: 0,
        size: 100_000,
        due: 0,
        group: "ann",
        meta: "m".repeat(1000),
        reason: "",
      },
      contents: contents.slice(0, 65_536),
    });
    assert.deepEqual((await event("1", "?omit=large")).contents, null);
    await client.command("QLPUSH", "q", "small", "x".repeat(65_536));
    const small = await event("small", "?omit=large");
    assert.deepEqual([small.contents, small.ttl, small.group, small.meta], ["x".repeat(65_536), null, null, null]);
    await client.command("QLPUSH", "q", "binary", Uint8Array.of(255));
    assert.deepEqual((await event("binary")).contents, { base64: "/w==" });
    const file = await fetch(`${url}/queues/q/events/1/contents`);
    assert.equal(file.headers.get("content-type"), "application/octet-stream");
    assert.match(file.headers.get("content-disposition")!, /^attachment;/);
    assert.match(file.headers.get("content-security-policy")!, /sandbox/);
    assert.equal(await file.text(), contents);
    await refused(url, "GET /queues/q/events/none", 404, "the queue does not hold event none");
    await refused(url, "GET /queues/q/events/none/contents", 404, "the queue does not hold event none");
  },
);

httpStoreTest("GET of an event shows one whose id is remembered as done", async (url, server) => {
  await using client = await connect(server.addr);
  await client.command("QCONFIG", "SET", "q", "remember", "600");
  await client.command("QLPUSH", "q", "1", "x");
  await client.command("QACK", "q", "1");
  const { state, contents } = (await call(url, "GET /queues/q/events/1")).value;
  assert.deepEqual([state, contents], ["done", ""]);
});
