import { VERSION } from "../../../core/version.ts";
import { assert } from "../../deps.ts";
import { call, httpTest } from "../../support/http.ts";

httpTest("GET /session tells the user and the server", async (url, server) => {
  const { "started-at": startedAt, ...rest } = (await call(url, "GET /session")).value;
  assert.deepEqual(rest, {
    user: "default",
    roles: ["produce", "consume", "inspect", "admin"],
    version: VERSION,
    port: server.addr.port,
    "max-event-bytes": 1000,
  });
  assert.ok(Math.abs(Date.parse(startedAt) - Date.now()) < 600_000);
}, { maxEventBytes: 1000 });
