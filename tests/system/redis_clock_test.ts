import { type OkqProcess, startOkq } from "../../testing/okq_process.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { withFolder } from "../support/programs.ts";
import { cannotSetClock, startRedisWithClock } from "../support/redis_clock.ts";
import { hasRedis, startRedis } from "../support/redis_server.ts";
import type { Server } from "../../server.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";
import { TEST_MS } from "../support/limits.ts";

const HOUR_MS = 3_600_000;
const LEASE_MS = 1500;
/** Rounding of Redis's clock and ours, in milliseconds. */
const ROUNDING_MS = 20;

/** The environment that shifts a program's clock; undefined where faketime is not installed. */
async function clockOf(hours: number): Promise<Record<string, string> | undefined> {
  try {
    // faketime itself would be the child process, and be killed instead of okq.
    const args = ["--exclude-monotonic", "-f", `${hours > 0 ? "+" : ""}${hours}h`, "env"];
    const { stdout } = await new Deno.Command("faketime", { args, stdin: "null" }).output();
    const lines = new TextDecoder().decode(stdout).split("\n").map((line) => line.split(/=(.*)/) as [string, string]);
    return Object.fromEntries(
      lines.filter(([name]) => /^(LD_PRELOAD|FAKETIME|FAKETIME_DONT.*|DONT_FAKE.*)$/.test(name)),
    );
  } catch {
    return undefined;
  }
}

/** How far the clock of an instance's log is ahead, in milliseconds. */
async function aheadBy(okq: OkqProcess): Promise<number> {
  return await eventually(() => {
    const [time] = okq.log.map((line) => Date.parse(line.split(" ")[0])).filter((time) => !isNaN(time));
    if (time === undefined) throw new Error(`No line of the log has a time: ${okq.log}`);
    return time - Date.now();
  });
}

const skipped = [
  ...hasRedis ? [] : ["no redis-server on this machine"],
  ...await clockOf(1) ? [] : ["no faketime on this machine, apt-get install faketime"],
].join(", ");

for (const [speed, hours] of [["slow", -1], ["fast", 1]] as const) {
  Deno.test({
    name: `An okq whose clock is an hour ${speed} ends no lease early or late${skipped && ` (skipped: ${skipped})`}`,
    ignore: skipped !== "",
    timeout: TEST_MS,
    async fn() {
      await using redis = await startRedis();
      await using wrong = await startOkq({ store: redis.url, env: await clockOf(hours) });
      await using right = await startOkq({ store: redis.url });
      assert.ok(Math.abs(await aheadBy(wrong) - hours * HOUR_MS) < HOUR_MS / 10, "faketime shifts the clock");
      assert.ok(Math.abs(await aheadBy(right)) < HOUR_MS / 10);
      await using viaWrong = await connect(wrong.addr);
      await using viaRight = await connect(right.addr);
      await viaWrong.command("QREGISTER", "q");
      for (const consumer of [viaWrong, viaRight]) {
        await viaWrong.command("QLPUSH", "q", "id", "contents");
        const requested = performance.now();
        assert.deepEqual(await consumer.command("QRPOP", "q", "EX", `${LEASE_MS / 1000}`), ["id", "contents"]);
        // Either instance may reclaim the event; neither before its lease ends, nor an hour later.
        assert.equal(await viaWrong.command("QNOTIFY", "600"), "q");
        const elapsed = performance.now() - requested;
        assert.ok(elapsed > LEASE_MS - ROUNDING_MS, `back after ${elapsed} ms`);
        assert.deepEqual(await viaRight.command("QSTATUS", "q"), ["q total: 1 processing: 0 consumers: 1"]);
        assert.equal(await viaRight.command("QACK", "q", "id"), 1);
      }
    },
  });
}

/** Declares a test with a Redis whose clock `setClock` sets forward by some seconds. */
function withClock(
  name: string,
  body: (server: Server, setClock: (seconds: number) => Promise<void>) => Promise<void>,
) {
  Deno.test({
    name: name + (cannotSetClock && ` (skipped: ${cannotSetClock})`),
    ignore: cannotSetClock !== "",
    timeout: TEST_MS,
    fn: () =>
      withFolder(async (folder) => {
        const { redis, setClock } = await startRedisWithClock(folder);
        await using _redis = redis;
        await using server = await serveForTest(redis.url);
        await body(server, setClock);
      }),
  });
}

withClock(
  "A held event stays held when the clock of Redis is set forward, and a lease that is not renewed ends",
  async (server, setClock) => {
    await using holder = await connect(server.addr);
    await using other = await connect(server.addr);
    for (const queue of ["held", "popped"]) {
      await other.command("QCONFIG", "SET", queue, "max-attempts", "1");
      await other.command("QLPUSH", queue, "id", "contents");
    }
    const [[, , , , receipt]] = await holder.command("QCLAIM", "HOLD", "QUEUES", "held") as string[][];
    await other.command("QRPOP", "popped", "EX", "600");
    await setClock(3600);
    await eventually(async () => assert.deepEqual(await other.command("QRPEEK", "popped:dead"), ["id", "contents"]));
    assert.deepEqual(await other.command("QSTATUS", "held"), ["held total: 1 processing: 1 consumers: 0"]);
    assert.equal(await holder.command("QACK", "held", "id", "RECEIPT", receipt), 1);
  },
);

withClock(
  "A rate allows a second's worth when the clock of Redis is set forward, and goes on when it is set back",
  async (server, setClock) => {
    await using consumer = await connect(server.addr);
    const events = Array.from({ length: 30 }, (_, i) => [`${i}`, "contents"]).flat();
    await consumer.command("QMPUSH", "q", "EVENTS", ...events);
    await consumer.command("QCONFIG", "SET", "q", "rate", "10");
    await setClock(3600);
    const claimed = await consumer.command("QCLAIM", "COUNT", "30", "BLOCK", "600", "QUEUES", "q") as string[][];
    assert.equal(claimed.length, 10);
    await setClock(0);
    const next = await consumer.command("QCLAIM", "BLOCK", "600", "QUEUES", "q") as string[][];
    assert.equal(next[0][1], "10");
  },
);
