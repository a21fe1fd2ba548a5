import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { call, httpStoreTest, httpUrl } from "../../support/http.ts";
import { withFolder } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { writeUsers } from "../../support/users.ts";
import { connect } from "../../support/wire.ts";

httpStoreTest(
  "GET /dead-letters shows the dead queues, whose they are, and why the newest died",
  async (url, server) => {
    await using client = await connect(server.addr);
    const get = async (path: string) => (await call(url, `GET ${path}`)).value;
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
    const value = await eventually(async () => {
      const value = await get("/dead-letters");
      assert.deepEqual([value.found, value.total, value.unread], [2, 4, 0]);
      return value;
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
    const [second] = (await get("/dead-letters?from=1&count=1")).queues;
    assert.equal(second.queue, "{t}morgue");
    const morgue = await get("/queues/%7bt%7dmorgue");
    assert.deepEqual([morgue.origins.toSorted(), morgue["dead-letters"]], [["{t}a", "{t}b"], null]);
    const orders = await get("/queues/orders");
    assert.deepEqual([orders["dead-queue"], orders["dead-letters"], orders.origins], ["orders:dead", 3, []]);
    const table = await get("/queues?sort=queue&order=up");
    assert.equal(table.sums["dead-letters"], 4);
    assert.deepEqual(
      table.queues.map((row: Record<string, unknown>) => [row.queue, row["dead-letters"]]),
      [["orders", 3], ["orders:dead", null], ["{t}a", 1], ["{t}b", 1], ["{t}morgue", null]],
    );
    await client.command("QCONFIG", "RESET", "{t}a");
    await eventually(async () => assert.deepEqual((await get("/queues/%7bt%7dmorgue")).origins, ["{t}b"]));
  },
);

Deno.test("GET /dead-letters shows a user only what it may access", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["all", "x", "all *"], ["dead", "x", "inspect *:dead"], ["own", "x", "inspect own"]);
    const server = await serveForTest("sqlite::memory:", { httpAddr: { hostname: "127.0.0.1", port: 0 }, users });
    const client = await connect(server.addr);
    await client.command("AUTH", "all", "x");
    for (const queue of ["own", "own:dead", "q:dead"]) await client.command("QLPUSH", queue, "1", "contents");
    const get = async (user: string, path: string) =>
      (await call(httpUrl(server), `GET ${path}`, { login: `${user}:x` })).value;
    await eventually(async () => assert.equal((await get("all", "/dead-letters")).found, 2));
    const { queues } = await get("dead", "/dead-letters");
    assert.deepEqual(queues.map(({ origins }: { origins: string[] }) => origins), [[], []]);
    assert.equal((await get("own", "/dead-letters")).found, 0);
    assert.equal((await get("own", "/queues/own"))["dead-letters"], null);
    client.close();
    await server.close();
  });
});
