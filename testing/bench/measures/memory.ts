/**
 * The memory and disk that connections and events take.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import { infoOf } from "../../../tests/support/redis_command.ts";
import { residentMiB } from "../../proc.ts";
import { round } from "../../stats.ts";
import { Connections } from "../load/connections.ts";
import { contentsOf, ID, respStep } from "../load/step.ts";
import { grouped, type Measure } from "../measure.ts";
import { startBench } from "../systems.ts";

const CONNECTIONS = 10_000;
const EVENTS = 200_000;
const UNTIL_IDLE_MS = 2000;
const QUEUE = "memory";
const BYTES = 32;

export const memory: Measure = {
  name: "memory",
  title: "Memory",
  columns: ["what", "value"],
  slow: true,
  async run({ client, note }) {
    await using bench = await startBench();
    const rows: string[][] = [];
    const resident = async (what: string, { pid } = bench.okq) => {
      await delay(UNTIL_IDLE_MS);
      rows.push([`resident, ${what}`, `${round(await residentMiB(pid))} MiB`]);
    };
    note("connections");
    await resident("okq, no connection");
    {
      using connections = new Connections(bench.okq.port, CONNECTIONS);
      await resident(`okq, ${grouped(CONNECTIONS)} idle connections, each after a PING`);
      connections.waitFor(QUEUE);
      await resident(`okq, ${grouped(CONNECTIONS)} connections, each with a waiting QNOTIFY`);
    }
    note(`${EVENTS} events`);
    const used = async () => Number((await infoOf(bench.redis, "memory")).get("used_memory"));
    const onDisk = async () => {
      const sizes = await Promise.all(["okq.db", "okq.db-wal"].map((file) => Deno.stat(`${bench.folder}/${file}`)));
      return sizes.reduce((sum, { size }) => sum + size, 0);
    };
    await resident("okq sqlite, no event", bench.sqlite);
    for (const [{ name, port, steps }, size] of [[bench.okq, used], [bench.sqlite, onDisk]] as const) {
      const before = await size();
      await client.run({ port, connections: 1, pipeline: 256, steps: [steps(QUEUE, BYTES).push], events: EVENTS });
      const waiting = await size();
      rows.push([`a waiting event, ${name}`, `${round((waiting - before) / EVENTS)} bytes`]);
      const push = respStep(["QLPUSH", "blocked", ID, contentsOf(BYTES), "GROUP", "customer"], "sequence", 1, "+OK");
      await client.run({ port, connections: 1, pipeline: 256, steps: [push], events: EVENTS });
      rows.push([
        `a blocked event, its group has 8 bytes, ${name}`,
        `${round((await size() - waiting) / EVENTS)} bytes`,
      ]);
    }
    await resident(`okq sqlite, ${grouped(EVENTS)} events waiting`, bench.sqlite);
    return rows;
  },
};
