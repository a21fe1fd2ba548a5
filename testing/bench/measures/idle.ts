/**
 * What okq costs while nothing happens.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import { infoOf } from "../../../tests/support/redis_command.ts";
import type { RedisServer } from "../../../tests/support/redis_server.ts";
import type { OkqProcess } from "../../okq_process.ts";
import { cpuSeconds } from "../../proc.ts";
import { round } from "../../stats.ts";
import { makeFolder, makeRedis } from "../../stores.ts";
import { Connections } from "../load/connections.ts";
import { grouped, type Measure } from "../measure.ts";
import { startQuietOkq } from "../systems.ts";

const SECONDS = 10;
/** okq is idle this long after the waiters have connected. */
const UNTIL_IDLE_MS = 3000;
const WAITERS = [0, 1000];
/** okq processes on one Redis; below `most` commands per second together. */
const INSTANCES = [{ instances: 1, most: 50 }, { instances: 10, most: 100 }];

export const idle: Measure = {
  name: "idle",
  title: "Idle cost",
  columns: ["server", "instances", "waiting consumers", "Redis commands/s", "% of a core"],
  slow: true,
  async run({ note, missed }) {
    const rows: string[][] = [];
    for (const { instances, most } of INSTANCES) {
      await using stack = new AsyncDisposableStack();
      const redis = await makeRedis(stack);
      const okqs: OkqProcess[] = [];
      while (okqs.length < instances) okqs.push(stack.use(await startQuietOkq(redis.url)));
      for (const waiters of WAITERS) {
        note(`okq, ${instances} instances, ${waiters} waiters`);
        const { commands, cpu } = await measure(okqs, waiters, redis);
        if (commands >= most) missed(`${instances} instances: Redis runs ${commands} commands/s, not below ${most}`);
        rows.push(["okq", `${instances}`, grouped(waiters), grouped(commands), `${cpu}`]);
      }
    }
    await using stack = new AsyncDisposableStack();
    const okq = stack.use(await startQuietOkq(`sqlite:${await makeFolder(stack)}/okq.db`));
    for (const waiters of WAITERS) {
      note(`okq sqlite, ${waiters} waiters`);
      const { cpu } = await measure([okq], waiters);
      rows.push(["okq sqlite", "1", grouped(waiters), "", `${cpu}`]);
    }
    return rows;
  },
};

/** @param waiters as many for each process, together */
async function measure(okqs: OkqProcess[], waiters: number, redis?: RedisServer) {
  using stack = new DisposableStack();
  for (const { addr } of okqs) stack.use(new Connections(addr.port, waiters / okqs.length)).waitFor("idle");
  await delay(UNTIL_IDLE_MS);
  const cpu = async () => (await Promise.all(okqs.map(({ pid }) => cpuSeconds(pid)))).reduce((sum, one) => sum + one);
  const [commandsBefore, cpuBefore] = [await commandsOf(redis), await cpu()];
  await delay(SECONDS * 1000);
  const [commands, used] = [await commandsOf(redis) - commandsBefore - 1, await cpu() - cpuBefore];
  return { commands: round(commands / SECONDS), cpu: round(used / SECONDS * 100) };
}

/** Commands that Redis has run, those inside scripts and every earlier call of this function among them. */
async function commandsOf(redis?: RedisServer): Promise<number> {
  return redis ? Number((await infoOf(redis, "stats")).get("total_commands_processed")) : 0;
}
