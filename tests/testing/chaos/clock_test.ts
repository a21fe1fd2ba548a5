import { type Okq, startOkq } from "../../../testing/okq_process.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { redisIsThere, startRedis } from "../../support/redis_server.ts";
import { connect } from "../../support/wire.ts";

const HOUR_MS = 3_600_000;

/** How far off its lease an event may come back, in milliseconds. */
const TOLERANCE_MS = 700;

/** The environment that puts a program's clock forward; undefined where there is no faketime. */
async function clockOf(hours: number): Promise<Record<string, string> | undefined> {
  try {
    // faketime itself would stand between us and the program, and be killed in its place.
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

/** What the clock of an instance's log is ahead, in milliseconds. */
async function aheadBy(okq: Okq): Promise<number> {
  return await eventually(() => {
    const [time] = okq.log.map((line) => Date.parse(line.split(" ")[0])).filter((time) => !isNaN(time));
    if (time === undefined) throw new Error(`No line of the log has a time: ${okq.log}`);
    return time - Date.now();
  });
}

const skipped = [
  ...redisIsThere ? [] : ["no redis-server on this machine"],
  ...await clockOf(1) ? [] : ["no faketime on this machine, apt-get install faketime"],
].join(", ");

for (const [way, hours] of [["slow", -1], ["fast", 1]] as const) {
  Deno.test({
    name: `An okq whose clock is an hour ${way} changes nothing${skipped && ` (skipped: ${skipped})`}`,
    ignore: skipped !== "",
    timeout: 60_000,
    async fn() {
      await using redis = await startRedis();
      await using wrong = await startOkq({ store: redis.url, env: await clockOf(hours) });
      await using right = await startOkq({ store: redis.url });
      assert.ok(Math.abs(await aheadBy(wrong) - hours * HOUR_MS) < HOUR_MS / 60, "the clock is wrong as it should be");
      assert.ok(Math.abs(await aheadBy(right)) < HOUR_MS / 60);
      await using viaWrong = await connect(wrong.addr);
      await using viaRight = await connect(right.addr);
      await viaWrong.command("QREGISTER", "q");
      for (const taker of [viaWrong, viaRight]) {
        await viaWrong.command("QLPUSH", "q", "id", "contents");
        assert.deepEqual(await taker.command("QRPOP", "q", "EX", "1.5"), ["id", "contents"]);
        const taken = performance.now();
        // Either reclaims; neither before its time.
        assert.equal(await viaWrong.command("QNOTIFY", "10"), "q");
        const passed = performance.now() - taken;
        assert.ok(passed > 1500 - 100 && passed < 1500 + TOLERANCE_MS, `back after ${passed} ms`);
        assert.deepEqual(await viaRight.command("QSTATUS", "q"), ["q total: 1 processing: 0 consumers: 1"]);
        assert.equal(await viaRight.command("QACK", "q", "id"), 1);
      }
    },
  });
}
