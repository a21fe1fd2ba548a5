import { Tracing } from "../../../core/metrics/tracing.ts";
import { assert } from "../../deps.ts";
import { startServer } from "../../support/process.ts";
import { programTest } from "../../support/programs.ts";
import { connect } from "../../support/wire.ts";

Deno.test("Tracing does not start if Deno exports nothing", () => assert.equal(Tracing.start(), undefined));

programTest("Tracing writes spans of commands and store calls with OTEL_DENO", async () => {
  const env = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console", OTEL_DENO_CONSOLE: "ignore" };
  await using server = startServer("sqlite::memory:", [], { env });
  {
    await using client = await connect(await server.addr());
    assert.equal(await client.command("QLPUSH", "jobs", "secret-id", "secret contents"), "+OK");
    assert.equal(await client.command("QLPUSH", "jobs", "secret-id", "again"), "-ERR duplicate event secret-id");
  }
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assert.equal(code, 0);
  const spans = stderr.split(/^SPAN /m).slice(1);
  const pushes = spans.filter((span) => span.startsWith("QLPUSH "));
  assert.equal(pushes.length, 2, stderr);
  assert.match(pushes[0], / Server [\d.]+ms\n/);
  assert.match(pushes[0], /messaging\.destination\.name: jobs\n/);
  assert.match(pushes[0], /client\.address: 127\.0\.0\.1:\d+\n/);
  assert.deepEqual(pushes.map((span) => /status: Error/.test(span)), [false, true]);
  assert.ok(spans.some((span) => /^store [^]*messaging\.batch\.message_count: 1\n/.test(span)), stderr);
  assert.doesNotMatch(spans.join(""), /secret/);
});
