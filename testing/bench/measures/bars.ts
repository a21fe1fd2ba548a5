/**
 * The same as in `rates.ts` where it matters most, with redis-benchmark as the client, which everybody has and trusts.
 *
 * @module
 */
import { commandsPerSecond, RANDOM_ID } from "../load/redis_benchmark.ts";
import { contentsOf, ID, type Step } from "../load/step.ts";
import { column, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { startBench } from "../systems.ts";

const CLIENTS = 50;
const QUEUE = "bars";
/** Rounds that do not count: V8 compiles what has become hot. */
const WARM_UP = 1;

/** The words of a step's command, with ids that redis-benchmark makes. */
function wordsOf({ head, id, tail }: Step): string[] {
  const text = new TextDecoder();
  const resp = text.decode(head) + (id === "none" ? "" : ID) + text.decode(tail);
  return resp.split("\r\n").filter((_, i) => i > 0 && i % 2 === 0).map((word) => word === ID ? RANDOM_ID : word);
}

/** QLPUSH, QRPOP and PING by redis-benchmark. */
export const bars: Measure = {
  name: "bars",
  title: "With redis-benchmark as the client",
  about:
    `${CLIENTS} connections, 32-byte contents. redis-benchmark makes ids at random, so it cannot acknowledge what it
popped; for what it can do it is the check on our own client.`,
  columns: [
    column("pipeline"),
    column("command"),
    column("server"),
    column("per second", "rate"),
    ratioColumn("× direct"),
  ],
  async run({ full, rounds, note }) {
    await using bench = await startBench();
    const systems = [bench.direct, bench.okq, bench.sqlite];
    const rows: Row[] = [];
    for (const pipeline of [1, 16]) {
      note(`pipeline ${pipeline}`);
      const requests = (pipeline === 1 ? 25_000 : 100_000) * (full ? 2 : 1);
      const rates = new Map<string, number[]>();
      for (let round = 0; round < WARM_UP + rounds; round++) {
        for (const { name, port, steps, ping } of systems) {
          const { push, pop } = steps(QUEUE, contentsOf(32).length);
          for (const [op, step] of [["PING", ping], ["QLPUSH", push], ["QRPOP", pop]] as const) {
            const rate = await commandsPerSecond({ port, clients: CLIENTS, pipeline, requests }, wordsOf(step));
            if (round >= WARM_UP) rates.set(`${name} ${op}`, [...rates.get(`${name} ${op}`) ?? [], rate]);
          }
        }
        await bench.clear(QUEUE);
      }
      for (const command of ["PING", "QLPUSH", "QRPOP"]) {
        for (const { name } of systems) {
          const measured = rates.get(`${name} ${command}`)!;
          const ratio = name === "direct" ? {} : ratioOf(measured, rates.get(`direct ${command}`));
          rows.push({ pipeline, command, server: name, rate: round(median(measured)), ...ratio });
        }
      }
    }
    return rows;
  },
};
