import { writeUsers } from "../support/users.ts";
import { assert } from "../deps.ts";
import { withFolder } from "../support/programs.ts";
import { Router } from "../../http/router.ts";
import { PATH_PARAMETERS, required } from "../../http/parameters.ts";
import { plain } from "../../http/response.ts";
import type { Route, Weight } from "../../http/route.ts";
import { Authenticator } from "../../core/auth/authenticator.ts";
import { Log } from "../../core/log.ts";
import type { ServerContext } from "../../core/context.ts";
import { BackPressure } from "../../core/connection/back_pressure.ts";
import { completeSettings } from "../../core/config/validate.ts";
import type { ServeOptions } from "../../server.ts";
import { StoreUnavailable } from "../../store/store.ts";

const FROM = { addr: "127.0.0.1:1", signal: new AbortController().signal };
const route = (method: "GET" | "POST", path: string, role: Route["role"], handle?: Route["handle"]): Route => {
  return { method, path, role, handle: handle ?? (({ user }) => plain(`${path} for ${user.name}`)) };
};
const ROUTES = [
  route("GET", "/open", "open"),
  route("GET", "/look", "inspect"),
  route("POST", "/look", "admin"),
  route("GET", "/me", "any"),
  { ...route("GET", "/queues/{queue}", "inspect"), query: { id: required(PATH_PARAMETERS.id) } },
  route("GET", "/down", "open", () => Promise.reject(new StoreUnavailable("it is down", false))),
  route("GET", "/bug", "open", () => {
    throw new TypeError("a secret of the code");
  }),
  route("GET", "/own", "open", () => plain("x", 200, { "content-security-policy": "default-src 'self'" })),
];

/** Sends a request to a router, to its own host unless the URL has another. */
async function request(url: string, init: RequestInit = {}, options: ServeOptions = {}): Promise<Response> {
  const log = new Log("silent");
  const authenticator = await Authenticator.open(options, log);
  const settings = { httpAllowedHosts: ["okq.test"], ...options };
  const router = new Router(contextOf(authenticator, log), settings, ROUTES);
  return await router.answer(new Request(new URL(url, "http://127.0.0.1:4778"), init), FROM);
}

function contextOf(authenticator: Authenticator, log = new Log("silent")): ServerContext {
  const limits = completeSettings({});
  return { authenticator, log, limits, backPressure: new BackPressure(1), stopping: false } as unknown as ServerContext;
}

async function responseTo(...args: Parameters<typeof request>): Promise<[number, string]> {
  const response = await request(...args);
  const text = (await response.text()).trimEnd();
  return [response.status, response.ok ? text : JSON.parse(text).error];
}

const basic = (credentials: string) => ({ headers: { authorization: `Basic ${btoa(credentials)}` } });

Deno.test("Router finds a route by method and path", async () => {
  assert.deepEqual(await responseTo("/look?x=1"), [200, "/look for default"]);
  assert.deepEqual(await responseTo("/look", { method: "HEAD" }), [200, "/look for default"]);
  assert.deepEqual(await responseTo("/queues/a%2fb?id=1"), [200, "/queues/{queue} for default"]);
  assert.deepEqual(await responseTo("/look/"), [404, "not found"]);
  assert.deepEqual(await responseTo("/"), [404, "not found"]);
  const other = await request("/look", { method: "DELETE" });
  assert.deepEqual([other.status, other.headers.get("allow")], [405, "GET, POST"]);
});

Deno.test("Router refuses names and parameters that are out of bounds or unknown", async () => {
  assert.deepEqual(await responseTo("/queues/?id=1"), [400, "queue name must be 1 to 512 bytes long"]);
  assert.deepEqual(await responseTo("/queues/a?x=1"), [400, "unknown parameter 'x': the only parameter is id"]);
  assert.deepEqual(await responseTo("/queues/a"), [400, "parameter 'id' is missing"]);
  assert.equal((await request("/look?any=thing")).status, 200); // a route that takes no parameters
});

Deno.test("Router limits the requests in progress, small ones by themselves, and not those that wait", async () => {
  const authenticator = await Authenticator.open({}, new Log("silent"));
  const ended = Promise.withResolvers<void>();
  const held = (path: string, weight?: Weight): Route => ({
    ...route("GET", path, "any", () => ended.promise.then(() => plain("done"))),
    weight,
  });
  const waiting = route("GET", "/wait", "any", async ({ wait }) => {
    await wait((client) => new Promise<void>((resolve) => client.unblock = () => resolve()));
    return plain("waited");
  });
  const server = contextOf(authenticator);
  const routes = [held("/medium"), held("/large", "large"), held("/small", "small"), waiting];
  const router = new Router(server, { httpAllowedHosts: [] }, routes);
  const get = (path: string) => router.answer(new Request(`http://127.0.0.1${path}`), FROM);
  const all: Promise<Response>[] = [];
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  for (let i = 0; i < 1100; i++) {
    all.push(get("/wait"));
    if (i % 100 === 99) await turn(); // until they wait
  }
  for (let i = 0; i < 8; i++) all.push(get("/large"));
  const refusal = await get("/large");
  assert.deepEqual([refusal.status, refusal.headers.get("retry-after")], [503, "1"]);
  for (let i = 0; i < 1000; i++) all.push(get("/medium"));
  for (let i = 0; i < 1100; i++) all.push(get("/small"));
  assert.equal((await get("/medium")).status, 503);
  await turn();
  router.endWaits();
  ended.resolve();
  assert.deepEqual(new Set((await Promise.all(all)).map(({ status }) => status)), new Set([200]));
  assert.equal((await get("/large")).status, 200);
  Object.assign(server, { stopping: true });
  const { error } = await (await get("/small")).json();
  assert.equal(error, "Nothing was done: okq is stopping");
});

Deno.test("Router forbids framing, sniffing, caching and foreign resources in what a browser shows", async () => {
  for (const path of ["/open", "/look", "/nothing", "/bug"]) {
    const { headers } = await request(path);
    assert.match(
      headers.get("content-security-policy")!,
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
    );
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
  }
  assert.equal((await request("/own")).headers.get("content-security-policy"), "default-src 'self'");
});

Deno.test("Router without a password accepts IP addresses, localhost and allowed hosts only", async () => {
  const own = ["127.0.0.1:4778", "[::1]", "192.168.1.2:80", "localhost:9", "okq.test", "box.localhost"];
  for (const host of own) assert.equal((await request(`http://${host}/look`)).status, 200, host);
  const others = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "okq.test.evil.example", "okq"];
  for (const host of others) {
    assert.equal((await request(`http://${host}/look`)).status, 421, host);
    assert.equal((await request(`http://${host}/open`)).status, 200, host);
  }
  assert.equal((await request("http://evil.example/look", {}, { httpAllowedHosts: ["*"] })).status, 200);
  const httpAddr = { hostname: "okq", port: 1 };
  assert.equal((await request("http://okq/look", {}, { httpAddr })).status, 200);
});

Deno.test("Router with users requires a login and the route's role", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["ann", "a:b", "inspect *"], ["bob", "secret", "all *"]);
    const options = { users };
    const nobody = await request("/look", {}, options);
    assert.deepEqual([nobody.status, nobody.headers.get("www-authenticate")], [
      401,
      'Basic realm="okq", charset="UTF-8"',
    ]);
    assert.deepEqual(await responseTo("/open", {}, options), [200, "/open for"]);
    assert.deepEqual(await responseTo("http://any.example/look", basic("ann:a:b"), options), [200, "/look for ann"]);
    assert.deepEqual(await responseTo("/me", basic("ann:a:b"), options), [200, "/me for ann"]);
    assert.deepEqual(await responseTo("/look", { ...basic("ann:a:b"), method: "POST" }, options), [
      403,
      "User ann does not have the role admin",
    ]);
    assert.deepEqual(await responseTo("/look", { ...basic("bob:secret"), method: "POST" }, options), [
      200,
      "/look for bob",
    ]);
    for (const wrong of ["bob:wrong", "bob:", "nobody:secret", ":"]) {
      assert.deepEqual(await responseTo("/look", basic(wrong), options), [401, "Wrong user name or password"], wrong);
    }
    for (const authorization of ["Basic", "Basic !", `Basic ${btoa("bob")}`, "Bearer secret"]) {
      assert.equal((await request("/look", { headers: { authorization } }, options)).status, 401, authorization);
    }
  });
});

Deno.test("Router refuses POST requests of other sites", async () => {
  const post = (headers: Record<string, string>) => responseTo("/look", { method: "POST", headers });
  const allowed: Record<string, string>[] = [
    {},
    { origin: "http://127.0.0.1:4778" },
    { "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:4778" },
    { "sec-fetch-site": "none" },
    { referer: "http://127.0.0.1:4778/" },
  ];
  for (const headers of allowed) assert.equal((await post(headers))[0], 200, JSON.stringify(headers));
  const refused: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "http://127.0.0.1:4779" },
    { origin: "null" },
    { referer: "http://evil.example/page" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:4778" },
  ];
  for (const headers of refused) assert.deepEqual(await post(headers), [403, "Cross-origin request refused"]);
});

Deno.test("Router answers errors of handlers without their secrets", async () => {
  assert.deepEqual(await responseTo("/down"), [503, "Nothing was done: it is down"]);
  assert.deepEqual(await responseTo("/bug"), [500, "unexpected server-side error"]);
});
