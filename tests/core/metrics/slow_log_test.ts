import type { CommandSpec } from "../../../core/command_spec.ts";
import type { ClientContext } from "../../../core/context.ts";
import { Log } from "../../../core/log.ts";
import { type CommandResult, SlowLog } from "../../../core/metrics/slow_log.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { redisTest } from "../../support/programs.ts";
import { startRedis } from "../../support/redis_server.ts";
import { serveForTest } from "../../support/stores.ts";
import { bytes, connect } from "../../support/wire.ts";
import { startCommand } from "../../support/waiting.ts";

const client = { addr: "127.0.0.1:9", name: "worker-1", lastCommandAt: 1000 } as ClientContext;
const slow = (more: Partial<CommandResult> = {}): CommandResult => {
  return {
    command: { name: "QRPOP" } as CommandSpec,
    client,
    queue: bytes("my\njobs"),
    ms: 250,
    failed: false,
    ...more,
  };
};

function logged(thresholdMs: number, ...commands: CommandResult[]): string[] {
  const lines: string[] = [];
  const slowLog = new SlowLog(new Log("info", (line) => lines.push(line.replace(/^\S+ /, ""))), thresholdMs);
  for (const command of commands) slowLog.record(command);
  return lines;
}

Deno.test("SlowLog logs a slow command with its queue, client and time", () => {
  assert.deepEqual(logged(100, slow()), [
    'warn Slow command command=QRPOP queue="my\\njobs" seconds=0.250 client=127.0.0.1:9 name=worker-1\n',
  ]);
  assert.match(logged(100, slow({ failed: true }))[0], / failed=true\n$/);
});

Deno.test("SlowLog does not log fast or blocking commands, and nothing with threshold 0", () => {
  assert.deepEqual(logged(100, slow({ ms: 99 })), []);
  assert.deepEqual(logged(100, slow({ command: { name: "QNOTIFY", blocks: true } as CommandSpec })), []);
  assert.equal(new SlowLog(new Log("silent"), 0).thresholdMs, Infinity);
});

Deno.test("SlowLog logs few lines per second and then the number of suppressed ones", () => {
  const later = { ...client, lastCommandAt: 2000 } as ClientContext;
  const lines = logged(100, ...Array.from({ length: 25 }, () => slow()), slow({ client: later }));
  assert.equal(lines.length, 3);
  assert.match(lines[2], / suppressed=23\n$/);
});

redisTest("SlowLog logs a command that waited for Redis, without id and contents of its event", async () => {
  await using redis = await startRedis();
  const lines: string[] = [];
  const log = new Log("warn", (line) => lines.push(line));
  const server = await serveForTest(redis.url, { log, slowlogThresholdMs: 50 });
  try {
    await using client = await connect(server.addr);
    await client.command("QLPUSH", "jobs", "warm", "up");
    redis.pause();
    const { reply } = await startCommand(client, "QLPUSH", "jobs", "secret-id", "secret contents");
    await new Promise((resolve) => setTimeout(resolve, 80)); // longer than the threshold
    redis.resume();
    assert.equal(await reply, "+OK");
    await eventually(() => lines.some((line) => /Slow command command=QLPUSH queue="jobs" /.test(line)));
    assert.doesNotMatch(lines.join(""), /secret/);
  } finally {
    await server.close();
  }
});
