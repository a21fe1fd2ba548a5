/**
 * One event at a time: the commands without pipelining, beside the least work that makes a queue on Redis.
 *
 * @module
 */
import { figureAndRatio, type Measure, medianRatio } from "../measure.ts";
import { type CycleSystem, minimalSystem, startBench } from "../systems.ts";
import { measureShape, type Phase, type Seconds } from "./rates.ts";

const CONNECTIONS = [1, 50];
const BYTES = 32;
/** V8 has compiled what an unpipelined command runs after the warm-up. */
const SECONDS: Seconds = { warmUp: 3, command: 0.5 };

const PHASES: Phase<CycleSystem>[] = [
  ["QLPUSH", ({ push }) => [push]],
  ["QRPOP", ({ pop }) => [pop]],
  ["QACK", ({ ack }) => [ack]],
];

/** The least ratio to the minimal script. */
const BARS: { server: string; connections: number; command: string; least: number }[] = [
  { server: "okq", connections: 1, command: "QLPUSH", least: 0.5 },
  { server: "okq", connections: 1, command: "QRPOP", least: 0.5 },
  { server: "okq", connections: 50, command: "QLPUSH", least: 0.85 },
  { server: "okq", connections: 50, command: "QRPOP", least: 1 },
  { server: "okq sqlite", connections: 50, command: "QLPUSH", least: 0.75 },
  { server: "okq sqlite", connections: 50, command: "QRPOP", least: 0.6 },
];

export const single: Measure = {
  name: "single",
  title: "One event at a time",
  columns: ["connections", "server", ...PHASES.map(([command]) => command)],
  async run(context) {
    await using bench = await startBench();
    const systems: CycleSystem[] = [await minimalSystem(bench.redis), bench.okq, bench.sqlite];
    const rows: string[][] = [];
    for (const connections of CONNECTIONS) {
      const shape = { connections, pipeline: 1, bytes: BYTES };
      const measured = await measureShape(context, shape, systems, PHASES, SECONDS);
      for (const [s, { name }] of systems.entries()) {
        rows.push([
          ...[`${connections}`, name],
          ...PHASES.map(([command]) => figureAndRatio(measured[s].get(command)!, measured[0].get(command)!)),
        ]);
        for (const bar of BARS.filter((bar) => bar.server === name && bar.connections === connections)) {
          const reached = medianRatio(measured[s].get(bar.command)!, measured[0].get(bar.command)!);
          if (reached >= bar.least) continue;
          context.missed(
            `${name}, ${connections} connections: ${bar.command} is ${reached} × minimal, below ${bar.least}`,
          );
        }
      }
    }
    return rows;
  },
};
