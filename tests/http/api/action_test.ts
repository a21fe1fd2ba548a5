import { Log } from "../../../core/log.ts";
import { writeUsers } from "../../support/users.ts";
import { assert } from "../../deps.ts";
import { withFolder } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { httpTest, httpUrl } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";
import { eventually } from "../../support/eventually.ts";

const EVENT = { queue: "q", id: "1", contents: "x" };

httpTest("An action requires the page's header and no other origin", async (url) => {
  const client = new PageClient(url);
  const [status, error] = await client.act("push", EVENT, {});
  assert.deepEqual([status, error], [403, "Missing header x-okq-page: only the page of okq may send actions"]);
  for (const [name, value] of [["origin", "http://evil.example"], ["sec-fetch-site", "cross-site"]]) {
    assert.deepEqual((await client.act("push", EVENT, { "x-okq-page": "1", [name]: value }))[0], 403);
  }
  assert.equal((await client.get("queues")).value.all, 0);
  assert.deepEqual(await client.act("push", EVENT, { "x-okq-page": "1", origin: url }), [200, 1]);
});

httpTest("A preflight request of another site is refused", async (url) => {
  const response = await fetch(`${url}/api/push`, { method: "OPTIONS", headers: { origin: "http://evil.example" } });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  await response.body?.cancel();
});

httpTest("An invalid action is refused with a reason", async (url) => {
  const client = new PageClient(url);
  const refused: [body: unknown, reason: string][] = [
    [1, "The request body must be a JSON object"],
    [null, "The request body must be a JSON object"],
    [{}, "The queue name must be 1 to 512 bytes long"],
    [{ ...EVENT, queue: "" }, "The queue name must be 1 to 512 bytes long"],
    [{ ...EVENT, queue: "…" }, "The queue name must have one character per byte, U+0000 to U+00FF"],
    [{ ...EVENT, id: "x".repeat(1025) }, "The event id must be 1 to 1024 bytes long"],
    [{ ...EVENT, contents: 1 }, "The contents must be 0 to 1048576 bytes long"],
    [{ ...EVENT, side: "up" }, "The side must be one of left, right"],
    [{ ...EVENT, delayMs: -1 }, "The delay must be a whole number from 0 to 31536000000000"],
  ];
  for (const [body, reason] of refused) assert.deepEqual(await client.act("push", body), [400, reason]);
  const [status] = await client.act("push", { ...EVENT, contents: "x".repeat(9 * 1024 * 1024) });
  assert.equal(status, 413);
});

Deno.test("Every action is logged with user, address and result", async () => {
  const lines: string[] = [];
  const log = new Log("info", (line) => lines.push(line));
  const server = await serveForTest("sqlite::memory:", { httpAddr: { hostname: "127.0.0.1", port: 0 }, log });
  await new PageClient(httpUrl(server)).act("push", { ...EVENT, id: "a\nb" });
  await server.close();
  const [line] = lines.filter((line) => line.includes("Operator"));
  assert.match(
    line,
    /info Operator action action=push user=default addr=127\.0\.0\.1:\d+ queue="q" id="a\\nb" side=left changed=1\n$/,
  );
});

Deno.test("Roles and queues of the user limit requests and actions, as in the protocol", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["all", "x", "all *"], ["inspector", "x", "inspect q"], ["own", "x", "all own*"]);
    const httpAddr = { hostname: "127.0.0.1", port: 0 };
    const server = await serveForTest("sqlite::memory:", { httpAddr, users });
    const url = httpUrl(server);
    const [all, inspector, own] = ["all:x", "inspector:x", "own:x"].map((login) => new PageClient(url, login));
    assert.deepEqual(await all.act("push", EVENT), [200, 1]);
    assert.deepEqual(await all.act("push", { ...EVENT, queue: "own" }), [200, 1]);
    assert.deepEqual((await inspector.get("session")).value.roles, ["inspect"]);
    for (
      const action of ["push", "ack", "nack", "bury", "drop", "retry", "move", "flush", "pause", "resume", "policy"]
    ) {
      assert.equal((await inspector.act(action, EVENT))[0], 403, action);
      const [status, error] = await own.act(action, { ...EVENT, destination: "own" });
      assert.deepEqual([status, error], [403, "User own has no access to this queue"], action);
    }
    const names = async (client: PageClient) =>
      (await client.get("queues")).value.queues.map(({ queue }: { queue: string }) => queue);
    // A sample of the queues may be reused that was taken before the pushes.
    await eventually(async () => assert.deepEqual(await names(inspector), ["q"]));
    await eventually(async () => assert.deepEqual(await names(own), ["own"]));
    for (const path of ["queue", "consumers", "events", "event", "contents"]) {
      assert.equal((await own.get(path, { queue: "q", id: "1" })).status, 403, path);
      assert.equal((await new PageClient(url).get(path, { queue: "q", id: "1" })).status, 401, path);
    }
    await server.close();
  });
});
