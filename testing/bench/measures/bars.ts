/**
 * The commands that redis-benchmark can send, by redis-benchmark: the check on our own client.
 *
 * @module
 */
import { commandsPerSecond, RANDOM_ID } from "../load/redis_benchmark.ts";
import { ID, type Step } from "../load/step.ts";
import { figureAndRatio, type Measure } from "../measure.ts";
import { PING, startBench } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "bars";
/** Rounds that do not count: V8 compiles hot code. */
const WARM_UP = 1;
const COMMANDS = ["PING", "QLPUSH", "QRPOP"];

/** A step's command, with an id that redis-benchmark makes. */
function argumentsOf({ head, id, tail }: Step): string[] {
  const text = new TextDecoder();
  const resp = text.decode(head) + (id === "none" ? "" : ID) + text.decode(tail);
  return resp.split("\r\n").filter((_, i) => i > 0 && i % 2 === 0).map((arg) => arg === ID ? RANDOM_ID : arg);
}

export const bars: Measure = {
  name: "bars",
  title: "With redis-benchmark as the client",
  columns: ["pipeline", "server", ...COMMANDS],
  async run({ rounds, note }) {
    await using bench = await startBench();
    const systems = [bench.direct, bench.okq, bench.sqlite];
    const rows: string[][] = [];
    for (const pipeline of [1, 16]) {
      note(`pipeline ${pipeline}`);
      const requests = pipeline === 1 ? 25_000 : 100_000;
      const rates = systems.map(() => COMMANDS.map(() => [] as number[]));
      for (let round = 0; round < WARM_UP + rounds; round++) {
        for (const [s, { port, steps }] of systems.entries()) {
          const { push, pop } = steps(QUEUE, BYTES);
          for (const [c, step] of [PING, push, pop].entries()) {
            const load = { port, connections: CONNECTIONS, pipeline, requests };
            const rate = await commandsPerSecond(load, argumentsOf(step));
            if (round >= WARM_UP) rates[s][c].push(rate);
          }
        }
        await bench.clear(QUEUE);
      }
      for (const [s, { name }] of systems.entries()) {
        rows.push([`${pipeline}`, name, ...rates[s].map((rate, c) => figureAndRatio(rate, rates[0][c]))]);
      }
    }
    return rows;
  },
};
