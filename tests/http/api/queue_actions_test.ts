import { assert } from "../../deps.ts";
import { withFolder } from "../../support/programs.ts";
import { forEachStore, serveForTest } from "../../support/stores.ts";
import { httpUrl } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";
import { writeUsers } from "../../support/users.ts";
import { connect } from "../../support/wire.ts";

/** The fields of groups and limits. */
const LIMITS = { groupLimit: 2, rememberMs: 60_000, maxProcessing: 8, rate: 0.5 };

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

await forEachStore(({ test }) => {
  test("policy sets all fields, with the rules of QCONFIG", async (okq) => {
    const server = await okq.serve(HTTP);
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const queue = okq.queue();
    const policy = async () =>
      (await client.command("QCONFIG", "GET", queue) as string[]).filter((_, i) => i % 2 === 1);
    const changed = {
      queue,
      maxAttempts: 3,
      backoffMs: 1500,
      backoffMaxMs: 60_000,
      maxLength: 9,
      leaseMs: 5000,
      ...LIMITS,
    };
    assert.deepEqual(await page.act("policy", changed), [200, 1]);
    assert.deepEqual(await policy(), ["3", `${queue}:dead`, "1.5", "60", "9", "5", "2", "60", "8", "0.5"]);
    assert.deepEqual(await page.act("policy", { queue, deadQueue: null }), [200, 1]);
    assert.deepEqual(await policy(), ["0", `${queue}:dead`, "0", "0", "0", "30", "1", "0", "0", "0"]);
    const refused: [change: Record<string, unknown>, error: RegExp][] = [
      [{ maxAttempts: 65_536 }, /^The number of attempts must be a whole number from 0 to 65535/],
      [{ leaseMs: 0 }, /^The lease must be a whole number from 1/],
      [{ backoffMs: "x" }, /^The backoff must be/],
      [{ groupLimit: 0 }, /^The limit of a group must be a whole number from 1 to 1000000/],
      [{ rememberMs: 604_800_001 }, /^The time for which ids stay taken must be/],
      [{ maxProcessing: 1.5 }, /^The limit of processing events must be/],
      ...[-1, 1e9, "1", 0.000001].map((rate): [{ rate: unknown }, RegExp] => [
        { rate },
        /^The rate must be 0, or a number from 0.00001 to 1000000/,
      ]),
      [{ deadQueue: queue }, /^The dead queue must be another queue/],
      [{ deadQueue: `${crypto.randomUUID()}{x}` }, /^The dead queue must be the queue's dead queue/],
      [{ deadQueue: "" }, /^The name of the dead queue must be 1 to 512 bytes long/],
    ];
    for (const [change, error] of refused) {
      const [status, text] = await page.act("policy", { queue, ...change });
      assert.equal(status, 400);
      assert.match(String(text), error);
    }
    assert.deepEqual(await policy(), ["0", `${queue}:dead`, "0", "0", "0", "30", "1", "0", "0", "0"]);
  });

  test("/api/queue says whether there is anything of a queue", async (okq) => {
    const server = await okq.serve(HTTP);
    const page = new PageClient(httpUrl(server));
    await using client = await connect(server.addr);
    const exists = async (queue: string) => (await page.get("queue", { queue })).value.exists;
    const [empty, paused, configured, used, consumed] = Array.from({ length: 5 }, () => okq.queue());
    await client.command("QPAUSE", paused);
    await client.command("QCONFIG", "SET", configured, "lease", "5");
    await client.command("QLPUSH", used, "1", "contents");
    await client.command("QRPOP", used, "NOACK");
    await client.command("QREGISTER", consumed);
    assert.deepEqual(await Promise.all([empty, paused, configured, used, consumed].map(exists)), [
      false,
      true,
      true,
      true,
      true,
    ]);
  });
});

Deno.test("policy and retry need access to both queues, and the role admin", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["own", "x", "all own*"], ["c", "x", "consume,inspect *"]);
    const server = await serveForTest("sqlite::memory:", { ...HTTP, users });
    const own = new PageClient(httpUrl(server), "own:x");
    const consumer = new PageClient(httpUrl(server), "c:x");
    const denied = [403, "User own has no access to this queue"];
    assert.deepEqual(await own.act("policy", { queue: "{own}", deadQueue: "{own}x" }), denied);
    assert.deepEqual(await own.act("policy", { queue: "own{t}", deadQueue: "other{t}" }), denied);
    assert.deepEqual(await own.act("retry", { queue: "own{t}", destination: "other{t}", ids: ["1"] }), denied);
    assert.deepEqual(await own.act("drop", { queue: "other", ids: ["1"] }), denied);
    assert.deepEqual(await own.act("policy", { queue: "own", maxAttempts: 1 }), [200, 1]);
    for (const action of ["policy", "retry", "move"]) {
      assert.deepEqual(await consumer.act(action, { queue: "own" }), [403, "User c does not have the role admin"]);
    }
    assert.deepEqual(await consumer.act("drop", { queue: "own", ids: ["1"] }), [200, 0]);
    assert.equal((await consumer.get("consumers", { queue: "own" })).status, 403);
    await server.close();
  });
});
