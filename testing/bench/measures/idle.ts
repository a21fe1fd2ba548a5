/**
 * What okq costs while nothing happens.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import { Status } from "../../../resp/reply.ts";
import { connect } from "../../../tests/support/wire.ts";
import { cpuSeconds } from "../../proc.ts";
import { round } from "../../stats.ts";
import { Connections } from "../load/connections.ts";
import { grouped, type Measure } from "../measure.ts";
import { startBench } from "../systems.ts";

const WAITERS = 1000;
const SECONDS = 10;
/** okq is idle this long after the waiters have connected. */
const UNTIL_IDLE_MS = 3000;

export const idle: Measure = {
  name: "idle",
  title: "Idle cost",
  columns: ["server", "waiting QNOTIFYs", "Redis commands/s", "% of a core"],
  slow: true,
  async run({ note }) {
    await using bench = await startBench();
    const rows: string[][] = [];
    for (const waiters of [0, WAITERS]) {
      for (const { name, port, pid } of [bench.okq, bench.sqlite]) {
        note(`${name}, ${waiters} waiters`);
        using connections = new Connections(port, waiters);
        connections.waitFor("idle");
        await delay(UNTIL_IDLE_MS);
        const before = await cpuSeconds(pid);
        const commands = name === "okq" ? await countCommands(bench.redis.port) : await delay(SECONDS * 1000) ?? "";
        const cpu = round((await cpuSeconds(pid) - before) / SECONDS * 100);
        rows.push([name, grouped(waiters), commands, `${cpu}`]);
      }
    }
    return rows;
  },
};

/** Commands that Redis receives in a second, by MONITOR; without those of scripts. */
async function countCommands(port: number): Promise<string> {
  const counts = new Map<string, number>();
  await using monitor = await connect({ hostname: "127.0.0.1", port });
  await monitor.command("MONITOR");
  const timer = setTimeout(() => monitor.close(), SECONDS * 1000);
  try {
    while (true) {
      const line = await monitor.reply();
      const [, from, name] = /^\S+ \[(.*?)\] "(.*?)"/.exec(line instanceof Status ? line.text : "") ?? [];
      if (name && !from.endsWith(" lua")) counts.set(name.toUpperCase(), (counts.get(name.toUpperCase()) ?? 0) + 1);
    }
  } catch {
    // Closed by the timer.
  }
  clearTimeout(timer);
  const perSecond = (count: number) => `${round(count / SECONDS)}`;
  const total = perSecond(counts.values().reduce((sum, count) => sum + count, 0));
  return `${total} (${Array.from(counts, ([name, count]) => `${name} ${perSecond(count)}`).join(", ")})`;
}
