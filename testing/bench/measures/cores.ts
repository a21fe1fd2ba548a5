/**
 * How okq spreads over cores, and what an event costs in processor time: what scaling.md counts with.
 *
 * @module
 */
import { eventually } from "../../../tests/support/eventually.ts";
import { freePort } from "../../../tests/support/redis_server.ts";
import { connect, type Wire } from "../../../tests/support/wire.ts";
import { ID, respStep, type Step } from "../load/step.ts";
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { okqHas, startOkq } from "../okq.ts";
import { cpuSeconds } from "../../proc.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { okqSteps, startRedisFor } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const CONTENTS = "x".repeat(BYTES);
/** For how long pushes are measured; as many pops and acknowledgements follow. */
const SECONDS = 1;

/** Where events go: all to one queue, so that neighbours in a batch share their Redis calls, or each to its own. */
const SPREADS: [name: string, steps: Step[]][] = [
  ["one queue", (({ push, pop, ack }) => [push, pop, ack])(okqSteps("cores", BYTES))],
  ["a queue for each event", [
    respStep(["QLPUSH", ID, "1", CONTENTS], "sequence", 1, "+OK"),
    respStep(["QRPOP", ID, "EX", "3600"], "sequence", 5, "*2"),
    respStep(["QACK", ID, "1"], "sequence", 1, ":1"),
  ]],
];

/** What rounds of one way to run gave. */
interface Measured {
  rates: number[];
  okqMicros: number[];
  redisMicros: number[];
}

/** N okq processes on one port, and processor time per event. */
export const cores: Measure = {
  name: "cores",
  title: "More cores",
  about:
    `Events a second through push, pop and acknowledgement, one phase after the other, by ${CONNECTIONS} connections with
${BYTES}-byte contents, with N okq processes on one port (\`--reuse-port\`); and the processor time that an event costs in all
okq processes together and in Redis. The load itself takes most of a core.`,
  columns: [
    column("store"),
    column("okq processes", "processes"),
    column("events go to", "spread"),
    column("pipeline"),
    column("events/s", "rate"),
    column("okq µs/event", "okqMicros"),
    column("Redis µs/event", "redisMicros"),
    ratioColumn("× one process"),
  ],
  slow: true,
  async run(context) {
    const counts = await okqHas("--reuse-port") ? [1, 2] : [1];
    const rows: Row[] = [];
    for (const store of ["one Redis", "Cluster of one master"]) {
      await using stack = new AsyncDisposableStack();
      const redis = await startRedisFor(stack, { args: store === "one Redis" ? [] : clusterArgs() });
      const wire = stack.use(await connect({ hostname: "127.0.0.1", port: redis.port }));
      if (store !== "one Redis") await ownAllSlots(wire);
      const url = store === "one Redis" ? redis.url : `redis+cluster://127.0.0.1:${redis.port}`;
      rows.push(...await measureStore(context, { store, wire, pid: redis.pid, url, counts }));
    }
    if (counts.length === 1) rows.push({ store: "skipped: this okq has no --reuse-port", processes: 2 });
    return rows;
  },
};

/** A Redis, and how many okq processes are tried on it. */
interface Setting {
  store: string;
  wire: Wire;
  pid: number;
  url: string;
  counts: number[];
}

async function measureStore(context: Context, setting: Setting): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [spread, steps] of SPREADS) {
    for (const pipeline of [1, 16]) {
      context.note(`${setting.store}, ${spread}, pipeline ${pipeline}`);
      const measured = new Map<number, Measured>();
      for (let i = 0; i < context.rounds; i++) {
        for (const processes of setting.counts) {
          const of = measured.get(processes) ?? { rates: [], okqMicros: [], redisMicros: [] };
          measured.set(processes, of);
          await measureOnce(context, setting, processes, pipeline, steps, of);
          await setting.wire.command("FLUSHALL");
        }
      }
      for (const [processes, { rates, okqMicros, redisMicros }] of measured) {
        rows.push({
          ...{ store: setting.store, processes, spread, pipeline, rate: round(median(rates)) },
          ...{ okqMicros: round(median(okqMicros)), redisMicros: round(median(redisMicros)) },
          ...processes === 1 ? {} : ratioOf(rates, measured.get(1)!.rates),
        });
      }
    }
  }
  return rows;
}

async function measureOnce(
  { client }: Context,
  { pid, url }: Setting,
  processes: number,
  pipeline: number,
  steps: Step[],
  { rates, okqMicros, redisMicros }: Measured,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const port = freePort();
  const args = ["--store", url, "--listen-addr", `127.0.0.1:${port}`, ...processes > 1 ? ["--reuse-port"] : []];
  const okqs = [];
  for (let i = 0; i < processes; i++) okqs.push(stack.use(await startOkq(args)));
  const pids = [pid, ...okqs.map(({ pid }) => pid)];
  const load = { port, connections: CONNECTIONS, pipeline };
  const [push, ...others] = steps;
  let spent: number[] = [], began = 0, events = 0;
  // The first time is for V8, which compiles what has become hot.
  for (const seconds of [SECONDS / 2, SECONDS]) {
    spent = await Promise.all(pids.map(cpuSeconds));
    began = performance.now();
    events = (await client.drive({ ...load, steps: [push], seconds })).events;
    for (const step of others) await client.drive({ ...load, steps: [step], events });
  }
  const ms = performance.now() - began;
  const [onRedis, ...onOkq] = (await Promise.all(pids.map(cpuSeconds))).map((now, i) =>
    (now - spent[i]) * 1e6 / events
  );
  redisMicros.push(onRedis);
  okqMicros.push(onOkq.reduce((sum, micros) => sum + micros, 0));
  rates.push(events / ms * 1000);
}

function clusterArgs(): string[] {
  return ["--cluster-enabled", "yes", "--cluster-port", `${freePort()}`];
}

/** Makes a Cluster of one node. */
async function ownAllSlots(wire: Wire): Promise<void> {
  await wire.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await eventually(async () => `${await wire.command("CLUSTER", "INFO")}`.includes("cluster_state:ok"));
}
