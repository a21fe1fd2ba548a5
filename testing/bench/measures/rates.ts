/**
 * Commands per second by command, connections, pipeline and contents.
 *
 * @module
 */
import { type Context, figureAndRatio, type Measure } from "../measure.ts";
import type { Step } from "../load/step.ts";
import { PING, startBench, type Steps, type System } from "../systems.ts";

interface Shape {
  connections: number;
  pipeline: number;
  bytes: number;
}

const SHAPES: Shape[] = [
  { connections: 50, pipeline: 1, bytes: 32 },
  { connections: 50, pipeline: 16, bytes: 32 },
  { connections: 1, pipeline: 1, bytes: 32 },
  { connections: 500, pipeline: 16, bytes: 32 },
  { connections: 50, pipeline: 16, bytes: 1024 },
];
/** Of contents that wait at once; with more, memory would be measured instead. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Per connection: the first burst finds cold caches. */
const MIN_BURSTS = 4;
const QUEUE = "bench";
const WARM_UP_SECONDS = 0.3;
/** About how long each command is measured. */
const SECONDS = 0.3;

/** Together they leave the queue empty; the unnamed one only prepares the next. */
const PHASES: [command: string, steps: (steps: Steps) => Step[]][] = [
  ["PING", () => [PING]],
  ["QLPUSH", ({ push }) => [push]],
  ["QRPOP", ({ pop }) => [pop]],
  ["QACK", ({ ack }) => [ack]],
  ["", ({ push }) => [push]],
  ["QRPOP NOACK", ({ take }) => [take]],
  ["whole cycle", ({ push, pop, ackPopped }) => [push, pop, ackPopped]],
];
const COMMANDS = PHASES.map(([command]) => command).filter((command) => command !== "");

export const rates: Measure = {
  name: "rates",
  title: "Rates",
  columns: ["contents", "connections", "pipeline", "server", ...COMMANDS],
  async run(context) {
    await using bench = await startBench();
    const rows: string[][] = [];
    for (const shape of SHAPES) {
      rows.push(...await measureShape(context, shape, [bench.direct, bench.okq, bench.sqlite]));
      await bench.clear(QUEUE);
    }
    return rows;
  },
};

/** A row per system; the first is the base of the ratios. */
async function measureShape({ client, rounds, note }: Context, shape: Shape, systems: System[]): Promise<string[][]> {
  const { connections, pipeline, bytes } = shape;
  const contents = bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`;
  note(`${connections} connections, pipeline ${pipeline}, ${contents}`);
  const burst = connections * pipeline;
  const events: number[] = [];
  for (const { port, steps } of systems) {
    const { push, pop, ackPopped } = steps(QUEUE, bytes);
    const load = { connections, pipeline, port, steps: [push, pop, ackPopped], seconds: WARM_UP_SECONDS };
    // A single command is about three times as fast as the cycle.
    const bursts = Math.max(MIN_BURSTS, Math.round((await client.run(load)).rate * 3 * SECONDS / burst));
    events.push(Math.min(bursts, Math.max(1, Math.floor(MAX_BYTES / bytes / burst))) * burst);
  }
  const measured = systems.map(() => new Map(PHASES.map(([command]) => [command, [] as number[]])));
  for (let round = 0; round < rounds; round++) {
    for (const [s, { port, steps }] of systems.entries()) {
      for (const [command, stepsOf] of PHASES) {
        const load = { connections, pipeline, port, steps: stepsOf(steps(QUEUE, bytes)), events: events[s] };
        measured[s].get(command)!.push((await client.run(load)).rate);
      }
    }
  }
  return systems.map(({ name }, s) => [
    ...[contents, `${connections}`, `${pipeline}`, name],
    ...COMMANDS.map((command) => figureAndRatio(measured[s].get(command)!, measured[0].get(command)!)),
  ]);
}
