import { Tracing } from "../../../client/internal/tracing.ts";
import { assert } from "../../deps.ts";
import { hostPort } from "../../support/consuming.ts";
import { runProgram } from "../../support/process.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { type Span, spansOf, TELEMETRY } from "../../support/spans.ts";
import { ROOT } from "../../support/sources.ts";
import { serveForTest } from "../../support/stores.ts";

Deno.test("Tracing does not start if the program exports nothing", () => assert.equal(Tracing.start(), undefined));

/** Runs a program that pushes to and consumes from a server, and exports spans. Resolves to its output and spans. */
async function trace(body: string): Promise<{ lines: string[]; spans: Span[] }> {
  const server = await serveForTest("sqlite::memory:");
  try {
    const imports = `import { Consumer, Producer, text } from "${ROOT}client/mod.ts";\n`;
    const start = `const options = { addresses: "${hostPort(server.addr)}", codec: text };\n`;
    let result: { lines: string[]; spans: Span[] };
    await withFolder(async (folder) => {
      const main = `${folder}/main.ts`;
      await Deno.writeTextFile(main, imports + start + body);
      const { code, stdout, stderr } = await runProgram([], { main, env: TELEMETRY });
      assert.equal(code, 0, stderr);
      result = { lines: stdout.trim().split("\n"), spans: spansOf(stderr) };
    });
    return result!;
  } finally {
    await server.close();
  }
}

const named = (spans: Span[], name: string) => spans.filter((span) => span.name === name);

programTest(
  "A handler's span is a child of the push at the first attempt, and linked to it at later ones",
  async () => {
    const { lines, spans } = await trace(`
    const producer = new Producer(options);
    await producer.push("jobs", "x", { id: "1", meta: { tenant: "acme" } });
    await producer.close();
    const tracer = Deno.telemetry.tracerProvider.getTracer("test");
    const consumer = new Consumer({ ...options, queues: "jobs", retryDelayMs: 0, onError() {} });
    await consumer.run(async (event) => {
      await event.touch();
      tracer.startSpan("inner", {}).end();
      console.log(JSON.stringify(event.meta));
      if (event.attempt === 1) throw new RangeError("it fails");
      consumer.drain();
    });
  `);
    const [push] = named(spans, "push jobs");
    const [first, second] = named(spans, "process jobs");
    const traceparent = `00-${push.trace}-${push.id}-01`;
    assert.deepEqual(lines, Array(2).fill(JSON.stringify({ tenant: "acme", traceparent })));
    assert.deepEqual([push.kind, first.kind, second.kind], ["Producer", "Consumer", "Consumer"]);
    assert.deepEqual([first.trace, first.parent, first.links], [push.trace, push.id, []]);
    assert.deepEqual([second.parent, second.links], [undefined, [`${push.trace}/${push.id}`]]);
    assert.notEqual(second.trace, push.trace);
    assert.deepEqual(named(spans, "inner").map(({ parent }) => parent), [first.id, second.id]);
    assert.deepEqual([first.status, second.status], ["Error (it fails)", undefined]);
    const common = {
      "messaging.system": "okq",
      "messaging.destination.name": "jobs",
      "messaging.message.id": "1",
      "messaging.message.body.size": "1",
    };
    const pushed = { ...common, "messaging.operation.name": "push", "messaging.operation.type": "send" };
    const processed = { ...common, "messaging.operation.name": "process", "messaging.operation.type": "process" };
    assert.deepEqual(push.attributes, pushed);
    assert.deepEqual(first.attributes, { ...processed, "error.type": "RangeError" });
    assert.deepEqual(second.attributes, processed);
  },
);

programTest("A traceparent of the program is linked and stays, and meta in bytes stays as it is", async () => {
  const [trace1, span1] = ["1".repeat(32), "2".repeat(16)];
  const { lines, spans } = await trace(`
    const producer = new Producer(options);
    const given = "traceparent: 00-${trace1}-${span1}-01";
    await producer.push("jobs", "x", { id: "given", meta: { traceparent: given.split(": ")[1] } });
    await producer.push("jobs", "x", { id: "bytes", meta: new TextEncoder().encode(given) });
    await producer.push("jobs", "x", { id: "other bytes", meta: new Uint8Array([1, 2]) });
    await producer.push("jobs", "x", { id: "no room", meta: { long: "x".repeat(4090) } });
    await producer.close();
    const consumer = new Consumer({ ...options, queues: "jobs" });
    await consumer.run((event) => {
      if (event.id === "no room") consumer.drain();
      console.log(new TextDecoder().decode(event.metaBytes).slice(0, 100));
    });
  `);
  const given = `traceparent: 00-${trace1}-${span1}-01`;
  assert.deepEqual(lines, [given, given, "\x01\x02", `long: ${"x".repeat(94)}`]);
  const links = (name: string) => named(spans, name).map(({ links }) => links);
  const linked = [`${trace1}/${span1}`];
  assert.deepEqual(links("push jobs"), [linked, linked, [], []]);
  assert.deepEqual(named(spans, "process jobs").map(({ parent }) => parent), [span1, span1, undefined, undefined]);
  assert.deepEqual(links("process jobs"), [[], [], [], []]);
});

programTest("pushAll has one span, the parent of all its events, and a failed push says so", async () => {
  const { spans } = await trace(`
    const producer = new Producer(options);
    const id = (value) => value;
    await producer.pushAll("jobs", ["1", "2"], { id });
    await producer.pushAll("jobs", ["3", "4"], { id, atomic: true });
    await producer.push("jobs", "x", { id: "1" }).catch(() => {});
    await producer.close();
    const consumer = new Consumer({ ...options, queues: "jobs" });
    await consumer.run((event) => event.id === "4" && consumer.drain());
  `);
  const [each, atomic, failed] = named(spans, "push jobs");
  const counts = [each, atomic].map(({ attributes }) => attributes["messaging.batch.message_count"]);
  assert.deepEqual(counts, ["2", "2"]);
  const parents = named(spans, "process jobs").map(({ parent }) => parent);
  assert.deepEqual(parents, [each.id, each.id, atomic.id, atomic.id]);
  assert.equal(failed.attributes["error.type"], "DuplicateEvent");
  assert.match(failed.status!, /^Error/);
});
