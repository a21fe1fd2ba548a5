import { Log, RateLimitedLog } from "../../core/log.ts";
import { assert } from "../deps.ts";

/** The lines that a log writes, without their times. */
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

Deno.test("Log writes levels at least as severe as its own", () => {
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

Deno.test("Log writes an error with its causes", () => {
  const error = new Error("Cannot push", { cause: new Error("No\nroute", { cause: "unplugged" }) });
  const lines = logged((log) => log.error("x", { error }));
  assert.deepEqual(lines, ['error x error="Error: Cannot push; caused by Error: No\\nroute; caused by unplugged"']);
});

Deno.test("Log writes the line of code of a bug", () => {
  const lines = logged((log) => log.error("x", { error: new TypeError("y") }));
  assert.match(lines[0], /TypeError: y \(at .*log_test\.ts:\d+:\d+\)/);
});

Deno.test("Log writes why a connection failed for every address", () => {
  const error = new AggregateError([new Error("refused"), new Error("unreachable")]);
  assert.match(logged((log) => log.warn("x", { error }))[0], /Error: refused, Error: unreachable/);
});

Deno.test("Log accepts values that cannot be formatted and circular causes", () => {
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  const error = new Error("x");
  error.cause = error;
  assert.equal(logged((log) => log.info("x", { circle, error, nothing: Object.create(null) })).length, 1);
});

Deno.test("RateLimitedLog writes one line a minute and counts the suppressed ones", () => {
  const lines = logged((log) => {
    const limited = new RateLimitedLog(log);
    for (const now of [0, 1, 59_999]) limited.warn("Refused", { addr: "a" }, now);
    limited.warn("Refused", { addr: "b" }, 60_000);
    limited.warn("Refused", { addr: "c" }, 120_000);
  });
  assert.deepEqual(lines, ["warn Refused addr=a", "warn Refused addr=b suppressed=2", "warn Refused addr=c"]);
});

/** The entries that a log writes as JSON, without their times. */
function loggedJson(use: (log: Log) => void): unknown[] {
  const entries: unknown[] = [];
  const write = (line: string) => {
    assert.match(line, /^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"[a-z]+","message":"[^\n]*\}\n$/);
    const { time: _, ...entry } = JSON.parse(line);
    entries.push(entry);
  };
  use(new Log("debug", write, "json"));
  return entries;
}

Deno.test("Log writes JSON with time, level, message and fields", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const entries = loggedJson((log) => {
    log.info("Started", { addr: "127.0.0.1:4777", clients: 2, unfinished: false, user: undefined, none: null });
    log.warn("x", { queue: new Uint8Array([0x61, 0x0a, 0xff]), error: new Error("a", { cause: new Error("b\n") }) });
    log.error("a\u2028b", { circular, big: 1n, plain: { a: 1 }, f: Symbol("s") });
  });
  assert.deepEqual(entries, [
    {
      level: "info",
      message: "Started",
      addr: "127.0.0.1:4777",
      clients: 2,
      unfinished: false,
      user: "undefined",
      none: null,
    },
    { level: "warn", message: "x", queue: "a\\n\\xFF", error: "Error: a; caused by Error: b\n" },
    { level: "error", message: "a\u2028b", circular: "[object Object]", big: "1", plain: { a: 1 }, f: "Symbol(s)" },
  ]);
});
