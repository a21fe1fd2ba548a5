import { assert } from "../../deps.ts";
import { connect } from "../../support/wire.ts";
import { eventually } from "../../support/eventually.ts";
import { httpTest } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";

httpTest("/api/queues searches, sorts and pages 10,000 queues", async (url, server) => {
  const page = new PageClient(url);
  const client = await connect(server.addr);
  const names = Array.from({ length: 10_000 }, (_, i) => `queue-${String(i).padStart(4, "0")}`);
  // The server samples queues in the background. A queue with two events must not be sampled with one.
  for (const id of ["id", "id2"]) await client.command("QLPUSH", "queue-0007", id, "contents");
  for (const name of names) await client.send("QLPUSH", name, "id", "contents");
  for (const _ of names) await client.reply();
  await client.command("QLPUSH", "\xff\x00", "id", "contents");
  const getPage = async (params: Record<string, string>) => {
    const { value } = await page.get("queues", params);
    return { ...value, queues: value.queues.map(({ queue }: { queue: string }) => queue) };
  };
  const first = await eventually(async () => {
    const first = await getPage({});
    assert.deepEqual([first.all, first.found, first.queues.length], [10_001, 10_001, 50]);
    return first;
  });
  assert.deepEqual(first.queues.slice(0, 2), ["queue-0007", "queue-0000"]);
  assert.deepEqual(first.sums, { ready: 10_002, processing: 0, delayed: 0, blocked: 0, consumers: 0, deadLetters: 0 });
  const found = await getPage({ search: "EUE-999", sort: "queue", order: "down", count: "3" });
  assert.deepEqual([found.found, found.queues], [10, ["queue-9999", "queue-9998", "queue-9997"]]);
  assert.deepEqual((await getPage({ sort: "queue", order: "up", from: "9999" })).queues, [
    "queue-9999",
    "\xc3\xbf\x00",
  ]);
  assert.deepEqual((await getPage({ search: "\xc3\xbf" })).queues, ["\xc3\xbf\x00"]);
  assert.deepEqual((await getPage({ from: "20000" })).queues, []);
  for (const [name, value] of [["sort", "size"], ["order", "left"], ["from", "-1"], ["count", "201"], ["count", "x"]]) {
    assert.equal((await page.get("queues", { [name]: value })).status, 400, `${name} ${value}`);
  }
  await client[Symbol.asyncDispose]();
});
