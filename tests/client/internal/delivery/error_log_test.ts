import { ErrorLog } from "../../../../client/internal/delivery/error_log.ts";
import { Consumer, type ConsumerOptions, Unavailable } from "../../../../mod.ts";
import { assert } from "../../../deps.ts";
import { CommandProxy } from "../../../support/command_proxy.ts";
import { Calls, hostPort } from "../../../support/consuming.ts";
import { FakeTimers } from "../../../support/fake_timers.ts";
import { forEachStore } from "../../../support/stores.ts";

/** Runs a consumer whose errors go to the console, and closes it. Resolves to the lines once there are `count`. */
async function linesOf(
  count: number,
  options: ConsumerOptions,
  handler: Parameters<Consumer["run"]>[0],
  meanwhile: (lines: Calls<string>) => Promise<unknown>,
): Promise<string[]> {
  const { error } = console;
  const lines = new Calls<string>();
  // deno-lint-ignore no-console
  console.error = (...args: unknown[]) => lines.call(args.join(" "));
  try {
    const consumer = new Consumer(options);
    consumer.run(handler);
    await meanwhile(lines);
    await consumer.close();
    await lines.reached(count);
  } finally {
    // deno-lint-ignore no-console
    console.error = error;
  }
  return lines.all;
}

await forEachStore(({ test }) => {
  test("By default one line says which event failed, where, and when it comes again", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "a\n1", "x");
    const options = { addresses: hostPort(okq.addr), queues, retryDelayMs: 60_000 };
    const [line] = await linesOf(1, options, () => {
      throw new TypeError("no\nmail\x1b[2J box");
    }, (lines) => lines.reached(1));
    const event = `event "a\\\\n1" of queue "${queues}"`;
    const where = "\\(at .*error_log_test\\.ts:\\d+:\\d+\\)?\\)";
    const pattern =
      `^okq consumer: ${event} failed at attempt 1: TypeError: no mail \\[2J box ${where}; it comes again in [3-6]\\d\\.\\d s$`;
    assert.match(line, new RegExp(pattern));
  });

  test("By default the line of a failed event says that it died, or what else became of it", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QCONFIG", "SET", queues, "max-attempts", "2");
    await wire.command("QLPUSH", queues, "1", "x");
    await wire.command("QLPUSH", queues, "2", "x");
    const handled = new Calls<unknown>();
    const options: ConsumerOptions = { addresses: hostPort(okq.addr), queues, retryDelayMs: "queue" };
    const lines = await linesOf(3, options, async (event) => {
      if (event.id === "2") await event.ack();
      handled.call(event);
      throw "full";
    }, () => handled.reached(3));
    await wire.command("QCONFIG", "RESET", queues);
    assert.deepEqual(lines, [
      `okq consumer: event "1" of queue "${queues}" failed at attempt 1: full; it comes again after the backoff of its queue`,
      `okq consumer: event "1" of queue "${queues}" failed at attempt 2: full; it went to the dead queue`,
      // What repeats is written at the end.
      `okq consumer: event "2" of queue "${queues}" failed at attempt 1: full; it had been acknowledged`,
    ]);
  });

  test("By default the attempts of an event that fails alike are lines in their order", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QCONFIG", "SET", queues, "max-attempts", "3");
    await wire.command("QLPUSH", queues, "1", "x");
    const options: ConsumerOptions = { addresses: hostPort(okq.addr), queues, retryDelayMs: "queue" };
    const lines = await linesOf(3, options, () => {
      throw "full";
    }, (lines) => lines.reached(3));
    await wire.command("QCONFIG", "RESET", queues);
    assert.deepEqual(lines.map((line) => /attempt \d/.exec(line)?.[0]), ["attempt 1", "attempt 2", "attempt 3"]);
  });

  test("By default an outage is one line for each cause, and one when it is over", async (okq) => {
    const queues = okq.queue();
    await using proxy = new CommandProxy(okq.addr);
    const options = { addresses: proxy.address, queues };
    const lines = await linesOf(3, options, () => {}, async (lines) => {
      while (proxy.count("QCLAIM") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      proxy.refusing = true;
      proxy.cut();
      while (proxy.connections < 8) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.ok(lines.all.length < 3, lines.all.join("\n"));
      proxy.refusing = false;
      while (!lines.all.at(-1)?.includes("connected again")) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    assert.ok(lines.length <= 5, lines.join("\n"));
    assert.match(lines[0], new RegExp(`^okq consumer: Lost the connection to okq at ${proxy.address}: .+$`));
    assert.match(lines.at(-2)!, /^okq consumer: .+ \(\d such errors\)$/);
    assert.equal(lines.at(-1), `okq consumer: connected again to okq at ${proxy.address}`);
    for (const line of lines) assert.doesNotMatch(line, /\n/);
  });
});

Deno.test("Errors that repeat are written at growing intervals, with their number", () => {
  using timers = new FakeTimers();
  const lines: string[] = [];
  const log = new ErrorLog((line) => lines.push(line));
  const down = new Unavailable("Cannot reach okq", false);
  const written = (times: number, ms: number) => {
    lines.length = 0;
    for (let i = 0; i < times; i++) log.error(down);
    timers.advance(ms);
    return [...lines];
  };
  const line = "okq consumer: Cannot reach okq";
  assert.deepEqual(written(1, 0), [line]);
  assert.deepEqual(written(5, 9_999), []);
  assert.deepEqual(written(1, 1), [`${line} (6 such errors)`]);
  assert.deepEqual(written(2, 19_999), []);
  assert.deepEqual(written(0, 1), [`${line} (2 such errors)`]);
  assert.deepEqual(written(1, 40_000), [line]);
  assert.deepEqual(written(0, 80_000), []);
  assert.deepEqual(written(1, 0), [line]); // it is the first again
  log.error(new Unavailable("Lost the connection", false));
  log.error(down);
  log.reconnected("box:1");
  assert.deepEqual(lines.slice(1), [
    "okq consumer: Lost the connection",
    line,
    "okq consumer: connected again to okq at box:1",
  ]);
  assert.deepEqual(written(2, 0), [line]);
  log.close();
  assert.deepEqual(lines, [line, line]);
  assert.deepEqual(written(2, 0), [line, line]);
});
