import { Tracing } from "../../../core/metrics/tracing.ts";
import { assert } from "../../deps.ts";
import { startServer } from "../../support/process.ts";
import { programTest } from "../../support/programs.ts";
import { spansOf, TELEMETRY } from "../../support/spans.ts";
import { connect } from "../../support/wire.ts";

Deno.test("Tracing does not start if Deno exports nothing", () => assert.equal(Tracing.start(), undefined));

programTest("Tracing writes spans of commands and store calls with OTEL_DENO", async () => {
  await using server = startServer("sqlite::memory:", [], { env: TELEMETRY });
  {
    await using client = await connect(await server.addr());
    assert.equal(await client.command("QLPUSH", "jobs", "secret-id", "secret contents"), "+OK");
    assert.equal(await client.command("QLPUSH", "jobs", "secret-id", "again"), "-ERR duplicate event secret-id");
  }
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assert.equal(code, 0);
  const spans = spansOf(stderr);
  const pushes = spans.filter(({ name }) => name === "QLPUSH");
  assert.deepEqual(pushes.map(({ kind }) => kind), ["Server", "Server"], stderr);
  assert.equal(pushes[0].attributes["messaging.destination.name"], "jobs");
  assert.match(pushes[0].attributes["client.address"], /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(pushes.map(({ status }) => status?.startsWith("Error") ?? false), [false, true]);
  assert.ok(
    spans.some(({ name, attributes }) => name === "store" && attributes["messaging.batch.message_count"] === "1"),
  );
  assert.doesNotMatch(stderr, /secret/);
});

programTest(
  "A push's span is a child of the traceparent in META, and a claim's span links to those of its events",
  async () => {
    await using server = startServer("sqlite::memory:", [], { env: TELEMETRY });
    const traces = ["1", "2", "3"].map((digit) => digit.repeat(32));
    const parents = ["a", "b", "c"].map((digit) => digit.repeat(16));
    const [first, second, third] = traces.map((trace, i) => `traceparent: 00-${trace}-${parents[i]}-01`);
    {
      await using client = await connect(await server.addr());
      await client.command("QLPUSH", "jobs", "1", "META", "GROUP", "META", "META", `tenant: acme\r\n${first}\r\n`);
      await client.command("QRPUSH", "other", "2", "x", "META", second);
      await client.command("QMPUSH", "jobs", "META", third, "EVENTS", "META", "x");
      await client.command("QLPUSH", "jobs", "4", "x", "META", `x-${first}`);
      await client.command("QLPUSH", "jobs", "5", "x", "META", first.replaceAll("1", "0"));
      const events = await client.command("QCLAIM", "COUNT", "10", "QUEUES", "jobs") as string[];
      assert.equal(events.length, 4);
      assert.equal((await client.command("QCLAIM", "META", "QUEUES", "other") as string[]).length, 1);
    }
    server.kill("SIGTERM");
    const { stderr } = await server.ended;
    const spans = spansOf(stderr);
    const pushes = spans.filter(({ name }) => /^(Q.PUSH|QMPUSH)$/.test(name));
    const shown = pushes.map(({ trace, parent }) => [traces.includes(trace) && trace, parent]);
    assert.deepEqual(shown, [...traces.map((trace, i) => [trace, parents[i]]), [false, undefined], [false, undefined]]);
    const links = spans.filter(({ name }) => name === "QCLAIM").map(({ links }) => links);
    assert.deepEqual(links, [[0, 2], [1]].map((events) => events.map((i) => `${traces[i]}/${parents[i]}`)));
  },
);
