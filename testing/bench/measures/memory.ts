/**
 * What connections and events take of memory and disk.
 *
 * @module
 */
import { Crowd } from "../load/crowd.ts";
import { column, type Measure, type Row } from "../measure.ts";
import { residentMiB, sleep } from "../../proc.ts";
import { round } from "../../stats.ts";
import { startBench } from "../systems.ts";

const CONNECTIONS = 10_000;
/** Connections opened at a time, so that none is refused. */
const STEP = 500;
const SETTLE_MS = 2000;
const QUEUE = "memory";
const BYTES = 32;

/** Memory of 10,000 idle connections, and of waiting events. */
export const memory: Measure = {
  name: "memory",
  title: "Memory",
  about: `Resident memory of okq (Redis store) with ${CONNECTIONS} connections, what a waiting event with ${BYTES}-byte
contents and a 12-byte id takes in Redis (\`used_memory\`) and in the SQLite file, and resident memory of okq on that
file, of which up to 64 MiB are its cache.`,
  columns: [column("what"), column("value"), column("unit")],
  slow: true,
  async run({ client, full, note }) {
    await using bench = await startBench();
    const rows: Row[] = [];
    const resident = async (what: string, { pid } = bench.okq) => {
      await sleep(SETTLE_MS);
      rows.push({ what: `resident, ${what}`, value: round(await residentMiB(pid)), unit: "MiB" });
    };
    note("connections");
    await resident("no connection");
    using stack = new DisposableStack();
    const crowds: Crowd[] = [];
    for (let i = 0; i < CONNECTIONS; i += STEP) {
      crowds.push(stack.use(new Crowd(bench.okq.port, STEP)));
      crowds.at(-1)!.ask("PING");
    }
    await resident(`${CONNECTIONS} idle connections, each after a PING`);
    for (const crowd of crowds) crowd.waitFor(QUEUE);
    await resident(`${CONNECTIONS} connections, each with a waiting QNOTIFY`);
    stack.dispose();

    const events = full ? 1_000_000 : 200_000;
    note(`${events} events`);
    const used = async () => Number(/used_memory:(\d+)/.exec(await bench.ask("INFO", "memory"))![1]);
    const onDisk = async () => {
      const sizes = await Promise.all(["okq.db", "okq.db-wal"].map((file) => Deno.stat(`${bench.folder}/${file}`)));
      return sizes.reduce((sum, { size }) => sum + size, 0);
    };
    await resident("okq sqlite, no event", bench.sqlite);
    for (const [system, size] of [[bench.okq, used], [bench.sqlite, onDisk]] as const) {
      const before = await size();
      const { push } = system.steps(QUEUE, BYTES);
      await client.drive({ port: system.port, connections: 1, pipeline: 256, steps: [push], events });
      const value = round((await size() - before) / events);
      rows.push({ what: `a waiting event, ${system.name}`, value, unit: "bytes" });
    }
    await resident(`okq sqlite, ${events} events waiting`, bench.sqlite);
    return rows;
  },
};
