import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { withFolder } from "../../support/programs.ts";
import { forEachStore, serveForTest } from "../../support/stores.ts";
import { httpTest, httpUrl } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";
import { writeUsers } from "../../support/users.ts";
import { connect } from "../../support/wire.ts";

httpTest("/api/dead-letters shows the dead queues, whose they are, and why the newest died", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  await client.command("QCONFIG", "SET", "{t}a", "max-attempts", "1", "dead-queue", "{t}morgue");
  await client.command("QCONFIG", "SET", "{t}b", "max-attempts", "1", "dead-queue", "{t}morgue");
  await client.command("QCONFIG", "SET", "orders", "max-attempts", "1");
  for (const queue of ["orders", "orders", "{t}a", "orders"]) {
    const id = crypto.randomUUID();
    await client.command("QLPUSH", queue, id, `contents of ${queue}`);
    await client.command("QRPOP", queue);
    await client.command("QNACK", queue, id, "REASON", `because of ${id}`);
  }
  await client.command("QLPUSH", "orders", "alive", "contents");
  const { value } = await eventually(async () => {
    const answer = await page.get("dead-letters");
    assert.deepEqual([answer.value.found, answer.value.total, answer.value.unread], [2, 4, 0]);
    return answer;
  });
  assert.deepEqual(
    value.queues.map(({ queue, total, origins }: { queue: string; total: number; origins: string[] }) => [
      queue,
      total,
      origins.toSorted(),
    ]),
    [["orders:dead", 3, ["orders"]], ["{t}morgue", 1, ["{t}a", "{t}b"]]],
  );
  const [{ newest }] = value.queues;
  assert.deepEqual([newest.contents, newest.reason], ["contents of orders", `because of ${newest.id}`]);
  const [second] = (await page.get("dead-letters", { from: "1", count: "1" })).value.queues;
  assert.equal(second.queue, "{t}morgue");
  const morgue = (await page.get("queue", { queue: "{t}morgue" })).value;
  assert.deepEqual([morgue.origins.toSorted(), morgue.deadLetters], [["{t}a", "{t}b"], null]);
  const { deadQueue, deadLetters, origins } = (await page.get("queue", { queue: "orders" })).value;
  assert.deepEqual([deadQueue, deadLetters, origins], ["orders:dead", 3, []]);
  const table = (await page.get("queues", { sort: "queue", order: "up" })).value;
  assert.equal(table.sums.deadLetters, 4);
  assert.deepEqual(
    table.queues.map(({ queue, deadLetters }: { queue: string; deadLetters: number }) => [queue, deadLetters]),
    [["orders", 3], ["orders:dead", null], ["{t}a", 1], ["{t}b", 1], ["{t}morgue", null]],
  );
  await client.command("QCONFIG", "RESET", "{t}a");
  await eventually(async () => {
    assert.deepEqual((await page.get("queue", { queue: "{t}morgue" })).value.origins, ["{t}b"]);
  });
});

Deno.test("/api/dead-letters shows a user only what it may access", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["all", "x", "all *"], ["dead", "x", "inspect *:dead"], ["own", "x", "inspect own"]);
    const server = await serveForTest("sqlite::memory:", { httpAddr: { hostname: "127.0.0.1", port: 0 }, users });
    const client = await connect(server.addr);
    await client.command("AUTH", "all", "x");
    for (const queue of ["own", "own:dead", "q:dead"]) await client.command("QLPUSH", queue, "1", "contents");
    const get = (user: string, path: string, params = {}) =>
      new PageClient(httpUrl(server), `${user}:x`).get(path, params);
    await eventually(async () => assert.equal((await get("all", "dead-letters")).value.found, 2));
    const { value } = await get("dead", "dead-letters");
    assert.deepEqual(value.queues.map(({ origins }: { origins: string[] }) => origins), [[], []]);
    assert.equal((await get("own", "dead-letters")).value.found, 0);
    assert.equal((await get("own", "queue", { queue: "own" })).value.deadLetters, null);
    client.close();
    await server.close();
  });
});

await forEachStore(({ test }) => {
  test("Dead letters are tried again and dropped: one, some, and all in steps", async (okq) => {
    const server = await okq.serve({ httpAddr: { hostname: "127.0.0.1", port: 0 } });
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    const ids = Array.from({ length: 600 }, (_, i) => `${i}`);
    for (const id of ids) await client.send("QLPUSH", dead, id, "contents");
    for (const _ of ids) await client.reply();
    await client.command("QLPUSH", queue, "7", "another");
    assert.deepEqual(await page.act("retry", { queue: dead, destination: queue, ids: ["5"] }), [200, 1]);
    assert.deepEqual(await page.act("retry", { queue: dead, destination: queue, ids: ["5", "6", "7", "none"] }), [
      200,
      1,
    ]);
    assert.deepEqual(await page.act("retry", { queue: dead, destination: queue, ids: ["none"] }), [200, 0]);
    assert.deepEqual(await page.act("retry", { queue: dead, destination: queue, ids: ["7"] }), [
      409,
      "The destination holds an event with this id",
    ]);
    assert.deepEqual(await page.act("drop", { queue: dead, ids: ["0", "1", "none"] }), [200, 2]);
    assert.deepEqual(await page.act("drop", { queue: dead, count: 2 }), [200, 2]);
    assert.equal((await page.get("queue", { queue: dead })).value.ready, 594);
    // The first of them stays, because the queue holds its id.
    assert.deepEqual(await page.action("move", { queue: dead, destination: queue, count: 300 }), {
      changed: 299,
      skipped: 1,
    });
    assert.deepEqual(await page.action("move", { queue: dead, destination: queue, count: 5000, skip: 1 }), {
      changed: 294,
      skipped: 0,
    });
    assert.equal((await page.get("queue", { queue: dead })).value.ready, 1);
    assert.equal((await page.get("queue", { queue })).value.ready, 596);
    await client.command("QCONFIG", "SET", queue, "max-length", "1");
    await client.command("QLPUSH", dead, "more", "contents");
    assert.deepEqual(await page.act("retry", { queue: dead, destination: queue, ids: ["more"] }), [
      409,
      "The destination is full",
    ]);
    for (const ids of [[], "1", [1], Array(251).fill("1")]) {
      assert.equal((await page.act("drop", { queue: dead, ids }))[0], 400);
    }
    assert.equal((await page.act("drop", { queue: dead, count: 251 }))[0], 400);
    assert.equal((await page.act("move", { queue: dead, destination: queue, count: 5001 }))[0], 400);
    await client.command("QCONFIG", "RESET", queue);
  });
});
