import { PathTable } from "../../http/path_table.ts";
import type { Method, Route } from "../../http/route.ts";
import { assert } from "../deps.ts";

const route = (name: string): Route => {
  const [method, path] = name.split(" ");
  return { method: method as Method, path, role: "any", handle: () => new Response() };
};

const NAMES = [
  "GET /",
  "GET /queues",
  "GET /queues/{queue}",
  "POST /queues/{queue}:flush",
  "GET /queues/{queue}/events",
  "POST /queues/{queue}/events",
  "POST /queues/{queue}/events:batch",
  "GET /queues/{queue}/events/{id}",
  "POST /queues/{queue}/events/{id}:ack",
];
const table = new PathTable(NAMES.map(route));

/** The route of a request and its parameters, or the methods of the path. */
function found(method: string, path: string): unknown {
  const match = table.find(path);
  const route = match?.routes.get(method as Method);
  return route ? [route.path, match!.parameters] : match && [...match.routes.keys()];
}

Deno.test("PathTable finds routes by text, parameters and verbs", () => {
  assert.deepEqual(found("GET", "/"), ["/", {}]);
  assert.deepEqual(found("GET", "/queues/a"), ["/queues/{queue}", { queue: "a" }]);
  assert.deepEqual(found("POST", "/queues/a:flush"), ["/queues/{queue}:flush", { queue: "a" }]);
  assert.deepEqual(found("POST", "/queues/a/events:batch"), ["/queues/{queue}/events:batch", { queue: "a" }]);
  assert.deepEqual(found("POST", "/queues/a%2Fb/events/c:ack"), [
    "/queues/{queue}/events/{id}:ack",
    { queue: "a%2Fb", id: "c" },
  ]);
});

Deno.test("PathTable takes only the part after the last colon for a verb, and only a known one", () => {
  const id = (path: string) => (table.find(`/queues/q/events/${path}`)?.parameters ?? {}).id;
  assert.deepEqual(["a:b:ack", "ack", "a:ack:ack", "a:b", "a%3Aack", "a:ACK"].map(id), [
    "a:b",
    "ack",
    "a:ack",
    "a:b",
    "a%3Aack",
    "a:ACK",
  ]);
});

Deno.test("PathTable leaves a last colon out of a parameter, so that names of dots can be written", () => {
  assert.deepEqual(found("GET", "/queues/..:/events/.:"), ["/queues/{queue}/events/{id}", { queue: "..", id: "." }]);
  assert.deepEqual(found("GET", "/queues/a::"), ["/queues/{queue}", { queue: "a:" }]);
});

Deno.test("PathTable tells the methods of a path, and unknown paths", () => {
  assert.deepEqual(found("DELETE", "/queues/a/events"), ["GET", "POST"]);
  assert.deepEqual(found("GET", "/queues/a:flush"), ["POST"]);
  for (const path of ["", "/x", "/queues/", "/queues/a/", "/queues/a/other", "/queues/a/events/b/c", "//queues"]) {
    const match = table.find(path);
    assert.ok(match === undefined || path === "/queues/" || path === "", path);
  }
  // An empty name is a name, which is refused as such.
  assert.deepEqual(found("GET", "/queues/"), ["/queues/{queue}", { queue: "" }]);
});

Deno.test("PathTable refuses duplicate routes", () => {
  const routes = [route("GET /queues/{queue}"), route("GET /queues/{queue}")];
  assert.throws(() => new PathTable(routes), /duplicate route GET \/queues\/\{queue\}$/);
});
