import { ROLES } from "../../core/auth/user.ts";
import { Log } from "../../core/log.ts";
import { ROUTES } from "../../http/http_server.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { call, httpTest, httpUrl, refused } from "../support/http.ts";
import { startServer } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { freePort } from "../support/redis_server.ts";
import { serveForTest } from "../support/stores.ts";
import { writeUsers } from "../support/users.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

Deno.test("Every route needs its role, and access to its queue, as commands do", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    const others = (role: string) => ROLES.filter((other) => other !== role).join();
    await writeUsers(
      users,
      ...ROLES.map((role): [string, string, string] => [`no-${role}`, "x", `${others(role)} *`]),
      ["own", "x", "all own"],
    );
    await using server = await serveForTest("sqlite::memory:", { ...HTTP, users });
    const url = httpUrl(server);
    const routes = ROUTES.filter(({ about }) => about);
    assert.ok(routes.length > 30);
    for (const { method, path, role } of routes) {
      const request = `${method} ${path.replace("{queue}", "q").replace("{id}", "1").replace("{name}", "n")}`;
      assert.equal((await call(url, request)).status, 401, request);
      if (role !== "any") {
        const error = `User no-${role} does not have the role ${role}`;
        await refused(url, request, 403, error, { login: `no-${role}:x` });
      }
      if (path.includes("{queue}")) {
        await refused(url, request, 403, "No permissions to access a key", { login: "own:x" });
      }
    }
    const elsewhere = { login: "own:x", body: { ids: ["1"], to: "q" } };
    await refused(url, "POST /queues/own/events:move", 403, "No permissions to access a key", elsewhere);
    await refused(url, "POST /queues/own:move?to=q", 403, "No permissions to access a key", elsewhere);
    const policy = { login: "own:x", body: { "dead-queue": "q" } };
    await refused(url, "PUT /queues/own/policy", 403, "No permissions to access a key", policy);
  });
});

Deno.test("What administrators do over HTTP is logged with user, address and result", async () => {
  const lines: string[] = [];
  const log = new Log("info", (line) => lines.push(line));
  const server = await serveForTest("sqlite::memory:", { ...HTTP, log });
  const url = httpUrl(server);
  await call(url, "POST /queues/q/events?id=1", { body: "x" });
  await call(url, "POST /queues/q/claims");
  await call(url, "POST /queues/q/events/1:ack");
  await call(url, "POST /queues/q%0A/events?id=2", { body: "x" });
  await call(url, "POST /queues/q%0A:pause?for=1.5");
  await call(url, "POST /queues/q%0A:flush");
  await call(url, "PUT /queues/q/policy", { body: { "lease": 5, "dead-queue": null } });
  await call(url, "DELETE /queues/q/policy");
  await call(url, "POST /queues/q/events:ack", { body: { ids: ["1"] } });
  await call(url, "PUT /queues/q/timetables/t", { body: { expression: "0 0 1 1 *", contents: "" } });
  await call(url, "DELETE /queues/q/timetables/other");
  await server.close();
  const actions = lines.flatMap((line) => /Operator action (.*)\n/.exec(line)?.[1] ?? []);
  const by = /user=default addr=127\.0\.0\.1:\d+ /;
  for (const action of actions) assert.match(action, by);
  assert.deepEqual(actions.map((action) => action.replace(by, "")), [
    'action=pause queue="q\\n" seconds=1.5 changed=1',
    'action=flush queue="q\\n" changed=1',
    'action=policy queue="q" fields="lease 5 dead-queue null" changed=1',
    'action=policy queue="q" fields=reset changed=1',
    'action=ack queue="q" changed=0',
    'action=set-timetable queue="q" name="t" expression="0 0 1 1 *" zone=UTC changed=1',
  ]);
});

httpTest("Requests of other sites change nothing, and their preflight requests are refused", async (url) => {
  for (const [name, value] of [["origin", "http://evil.example"], ["sec-fetch-site", "cross-site"]]) {
    const options = { body: "x", headers: { [name]: value } };
    await refused(url, "POST /queues/q/events?id=1", 403, "Cross-origin request refused", options);
  }
  const preflight = await call(url, "OPTIONS /queues/q/events", { headers: { origin: "http://evil.example" } });
  assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-origin")], [405, null]);
  assert.equal((await call(url, "GET /queues/q/events/1")).status, 404);
  assert.equal((await call(url, "POST /queues/q/events?id=1", { body: "x", headers: { origin: url } })).status, 201);
});

const WAITS = 10_000;
/** Opened at a time. */
const STEP = 200;

/** Files that a process may open. */
async function openFilesLimit(): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  return Number(new TextDecoder().decode(stdout)) || Infinity;
}

const hasFiles = Deno.build.os !== "windows" && await openFilesLimit() > WAITS + 500;

if (hasFiles) {
  programTest(`${WAITS} claims wait over HTTP, get their events, and end with their clients`, async () => {
    const addr = { hostname: "127.0.0.1", port: freePort() };
    const args = ["--listen-addr", `127.0.0.1:${freePort()}`, "--http-addr", `127.0.0.1:${addr.port}`];
    await using server = startServer("sqlite::memory:", args, { permissions: ["--allow-net"] });
    await server.line(/^listening on (http:.+)$/);
    const url = `http://127.0.0.1:${addr.port}`;
    const waiting = async () => Number(/^okq_waiters (\d+)$/m.exec((await call(url, "GET /metrics")).value)![1]);
    const request = new TextEncoder().encode("POST /queues/q/claims?wait=3600 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    const conns: Deno.Conn[] = [];
    for (let i = 0; i < WAITS; i += STEP) {
      const opened = await Promise.all(Array.from({ length: STEP }, () => Deno.connect(addr)));
      await Promise.all(opened.map((conn) => conn.write(request)));
      conns.push(...opened);
    }
    await eventually(async () => assert.equal(await waiting(), WAITS));
    await refused(url, "POST /queues/q/claims?wait=1", 429, /^too many blocked clients: /);
    const served = conns.slice(0, 1000).map(async (conn) => {
      const part = new Uint8Array(1000);
      return new TextDecoder().decode(part.subarray(0, await conn.read(part) ?? 0)).slice(0, 12);
    });
    const body = served.map((_, i) => `{"id":"${i}","contents":"x"}`).join("\n");
    await call(url, "POST /queues/q/events:batch", { body });
    assert.deepEqual(new Set(await Promise.all(served)), new Set(["HTTP/1.1 200"]));
    for (const conn of conns) conn.close();
    await eventually(async () => assert.equal(await waiting(), 0));
  });
}
