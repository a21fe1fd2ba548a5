import { Log } from "../../core/log.ts";
import { assert } from "../deps.ts";

/** What a log at a level writes, without the times. */
function logged(use: (log: Log) => void, level: "debug" | "warn" | "silent" = "debug"): string[] {
  const lines: string[] = [];
  use(
    new Log(level, (line) => {
      assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [^\n]+\n$/);
      lines.push(line.slice(line.indexOf(" ") + 1, -1));
    }),
  );
  return lines;
}

Deno.test("Log writes time, level, message and fields in one line", () => {
  const lines = logged((log) => log.info("Listening now", { addr: "127.0.0.1:4777", clients: 2 }));
  assert.deepEqual(lines, ["info Listening now addr=127.0.0.1:4777 clients=2"]);
});

Deno.test("Log writes what is as grave as its level or graver", () => {
  const lines = logged((log) => {
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
  }, "warn");
  assert.deepEqual(lines, ["warn c", "error d"]);
});

Deno.test("Log writes nothing when it is silent", () => {
  assert.deepEqual(logged((log) => log.error("a"), "silent"), []);
});

Deno.test("Log quotes values that could be misread", () => {
  const lines = logged((log) => log.info("x", { a: "b c", d: "", e: 'f"g', h: "i=j", k: undefined, l: null }));
  assert.deepEqual(lines, ['info x a="b c" d="" e="f\\"g" h="i=j" k=undefined l=null']);
});

Deno.test("Log escapes control characters", () => {
  const lines = logged((log) =>
    log.info("a\nb", { c: "\r\n\x1b[2J\u2028", d: new Uint8Array([0x61, 0x22, 0x0a, 0xff]) })
  );
  assert.deepEqual(lines, ['info a\\nb c="\\r\\n\\u001b[2J\\u2028" d="a\\"\\n\\xFF"']);
});

Deno.test("Log shows an error with its causes", () => {
  const error = new Error("Cannot push", { cause: new Error("No\nroute", { cause: "unplugged" }) });
  const lines = logged((log) => log.error("x", { error }));
  assert.deepEqual(lines, ['error x error="Error: Cannot push; caused by Error: No\\nroute; caused by unplugged"']);
});

Deno.test("Log shows where a mistake in the code is", () => {
  const lines = logged((log) => log.error("x", { error: new TypeError("y") }));
  assert.match(lines[0], /TypeError: y \(at .*log_test\.ts:\d+:\d+\)/);
});

Deno.test("Log shows why a connection failed for every address", () => {
  const error = new AggregateError([new Error("refused"), new Error("unreachable")]);
  assert.match(logged((log) => log.warn("x", { error }))[0], /Error: refused, Error: unreachable/);
});

Deno.test("Log survives values that cannot be shown, and causes that never end", () => {
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  const error = new Error("x");
  error.cause = error;
  assert.equal(logged((log) => log.info("x", { circle, error, nothing: Object.create(null) })).length, 1);
});
