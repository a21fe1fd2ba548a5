/**
 * Commands per second by command, connections, pipeline and contents.
 *
 * @module
 */
import { type Context, figureAndRatio, type Measure } from "../measure.ts";
import type { Step } from "../load/step.ts";
import { type CycleSystem, PING, startBench, type System } from "../systems.ts";

export interface Shape {
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

/** About how long things take, in seconds. */
export interface Seconds {
  warmUp: number;
  /** Of one command in one round. */
  command: number;
}

const SECONDS: Seconds = { warmUp: 0.3, command: 0.3 };

type StepsOf<S extends CycleSystem> = ReturnType<S["steps"]>;

/** A command and what it sends. */
export type Phase<S extends CycleSystem> = [command: string, steps: (steps: StepsOf<S>) => Step[]];

/** Together they leave the queue empty; the unnamed one only prepares the next. */
const PHASES: Phase<System>[] = [
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
    const systems: System[] = [bench.direct, bench.okq, bench.sqlite];
    const rows: string[][] = [];
    for (const shape of SHAPES) {
      const { connections, pipeline, bytes } = shape;
      const measured = await measureShape(context, shape, systems, PHASES, SECONDS);
      rows.push(...systems.map(({ name }, s) => [
        ...[sizeOf(bytes), `${connections}`, `${pipeline}`, name],
        ...COMMANDS.map((command) => figureAndRatio(measured[s].get(command)!, measured[0].get(command)!)),
      ]));
      await bench.clear(QUEUE);
    }
    return rows;
  },
};

/**
 * Measures the systems in turn, command by command. Resolves to the rates of each system, by command.
 * @param phases together they leave the queue empty
 */
export async function measureShape<S extends CycleSystem>(
  { client, rounds, note }: Context,
  { connections, pipeline, bytes }: Shape,
  systems: S[],
  phases: Phase<S>[],
  seconds: Seconds,
): Promise<Map<string, number[]>[]> {
  note(`${connections} connections, pipeline ${pipeline}, ${sizeOf(bytes)}`);
  const burst = connections * pipeline;
  const subjects = [];
  for (const { port, steps: stepsFor } of systems) {
    const steps = stepsFor(QUEUE, bytes) as StepsOf<S>;
    const load = { connections, pipeline, port };
    const cycle = { ...load, steps: [steps.push, steps.pop, steps.ackPopped], seconds: seconds.warmUp };
    // A single command is about three times as fast as the cycle.
    const bursts = Math.max(MIN_BURSTS, Math.round((await client.run(cycle)).rate * 3 * seconds.command / burst));
    const events = Math.min(bursts, Math.max(1, Math.floor(MAX_BYTES / bytes / burst))) * burst;
    const rates = new Map(phases.map(([command]) => [command, [] as number[]]));
    subjects.push({ steps, load: { ...load, events }, rates });
  }
  for (let round = 0; round < rounds; round++) {
    for (const [command, stepsOf] of phases) {
      for (const { steps, load, rates } of subjects) {
        rates.get(command)!.push((await client.run({ ...load, steps: stepsOf(steps) })).rate);
      }
    }
  }
  return subjects.map(({ rates }) => rates);
}

function sizeOf(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`;
}
