/**
 * What okq costs while nothing happens.
 *
 * @module
 */
import { connect } from "../../../tests/support/wire.ts";
import { Status } from "../../../resp/reply.ts";
import { Crowd } from "../load/crowd.ts";
import { column, type Measure, type Row } from "../measure.ts";
import { cpuSeconds, sleep } from "../../proc.ts";
import { round } from "../../stats.ts";
import { type Bench, startBench } from "../systems.ts";

const WAITERS = 1000;
const SECONDS = 10;
/** After this what the waiters' arrival brought about is over, in milliseconds. */
const SETTLE_MS = 3000;

/** Redis commands and processor time of an idle okq. */
export const idle: Measure = {
  name: "idle",
  title: "Idle cost",
  about: `Over ${SECONDS} s, with no events: commands that Redis receives in a second, by MONITOR, without those within
scripts; and how much of one core okq takes.`,
  columns: [
    column("server"),
    column("waiting QNOTIFYs", "waiters"),
    column("Redis commands/s", "commands"),
    column("which"),
    column("% of a core", "cpu"),
  ],
  slow: true,
  async run({ note }) {
    await using bench = await startBench();
    const rows: Row[] = [];
    for (const waiters of [0, WAITERS]) {
      for (const system of [bench.okq, bench.sqlite]) {
        note(`${system.name}, ${waiters} waiters`);
        using crowd = new Crowd(system.port, waiters);
        crowd.waitFor("idle");
        await sleep(SETTLE_MS);
        rows.push({ server: system.name, waiters, ...await watch(bench, system.pid, system === bench.okq) });
      }
    }
    return rows;
  },
};

async function watch(bench: Bench, pid: number, onRedis: boolean): Promise<Row> {
  const counts = new Map<string, number>();
  const before = await cpuSeconds(pid);
  if (onRedis) await countCommands(bench.redis.port, counts);
  else await sleep(SECONDS * 1000);
  const cpu = round((await cpuSeconds(pid) - before) / SECONDS * 100);
  if (!onRedis) return { cpu };
  const perSecond = (count: number) => round(count / SECONDS);
  const total = counts.values().reduce((sum, count) => sum + count, 0);
  const which = Array.from(counts, ([name, count]) => `${name} ${perSecond(count)}`).join(", ");
  return { commands: perSecond(total), which, cpu };
}

/** Counts what Redis receives, by name. */
async function countCommands(port: number, counts: Map<string, number>): Promise<void> {
  await using monitor = await connect({ hostname: "127.0.0.1", port });
  await monitor.command("MONITOR");
  const over = setTimeout(() => monitor.close(), SECONDS * 1000);
  try {
    while (true) {
      const line = await monitor.reply();
      const [, from, name] = /^\S+ \[(.*?)\] "(.*?)"/.exec(line instanceof Status ? line.text : "") ?? [];
      if (name && !from.endsWith(" lua")) counts.set(name.toUpperCase(), (counts.get(name.toUpperCase()) ?? 0) + 1);
    }
  } catch {
    // Closed by the timer.
  }
  clearTimeout(over);
}
