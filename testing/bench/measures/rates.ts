/**
 * How many events a second, by command, connections, pipeline, contents and store.
 *
 * @module
 */
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { type Bench, startBench, type Steps, type System } from "../systems.ts";
import type { Step } from "../load/step.ts";

/** One way to ask. */
interface Cell {
  connections: number;
  pipeline: number;
  bytes: number;
}

const QUICK: Cell[] = [
  { connections: 50, pipeline: 1, bytes: 32 },
  { connections: 50, pipeline: 16, bytes: 32 },
  { connections: 1, pipeline: 1, bytes: 32 },
  { connections: 500, pipeline: 16, bytes: 32 },
  { connections: 50, pipeline: 16, bytes: 1024 },
];
/** Contents that are waiting at once, beyond which memory would be measured instead. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Bursts of each connection at the least, for the first finds nothing waiting. */
const MIN_BURSTS = 4;
const QUEUE = "bench";
const WARM_UP_SECONDS = 0.3;

/** What is done one after the other, and left as it was found: what is pushed is popped, and what is popped is done. */
const PHASES: [op: string, steps: (steps: Steps, system: System) => Step[]][] = [
  ["PING", (_, system) => [system.ping]],
  ["QLPUSH", ({ push }) => [push]],
  ["QRPOP", ({ pop }) => [pop]],
  ["QACK", ({ ack }) => [ack]],
  ["", ({ push }) => [push]],
  ["QRPOP NOACK", ({ take }) => [take]],
  ["whole cycle", ({ push, pop, ackPopped }) => [push, pop, ackPopped]],
];

/** Everything, but what does not fit into memory. */
function allCells(): Cell[] {
  const cells = [32, 1024, 65536].flatMap((bytes) =>
    [1, 50, 500].flatMap((connections) => [1, 16, 64].map((pipeline) => ({ connections, pipeline, bytes })))
  );
  return cells.filter(({ connections, pipeline, bytes }) => connections * pipeline * bytes <= MAX_BYTES);
}

/** Rates by command, connections, pipeline, contents and store. */
export const rates: Measure = {
  name: "rates",
  title: "Rates",
  about:
    `Commands a second, and the same as a ratio to the direct script call and to PING through the same okq. PING's own row
compares it with PING on Redis. "whole cycle" is a push, a pop with a lease and an acknowledgement of what
was popped, from every connection in turn; its rate counts events. Where connections × pipeline × contents would be more
than 64 MiB under way at once, nothing is measured.`,
  columns: [
    column("contents"),
    column("connections"),
    column("pipeline"),
    column("command"),
    column("direct/s", "direct"),
    column("okq/s", "okq"),
    ratioColumn("okq × direct", "okqRatio"),
    ratioColumn("× PING", "okqToPing"),
    column("okq sqlite/s", "sqlite"),
    ratioColumn("sqlite × direct", "sqliteRatio"),
    ratioColumn("× PING", "sqliteToPing"),
  ],
  async run(context) {
    await using bench = await startBench();
    const rows: Row[] = [];
    for (const cell of context.full ? allCells() : QUICK) {
      rows.push(...await measureCell(context, cell, bench));
      await bench.clear(QUEUE);
    }
    return rows;
  },
};

async function measureCell(context: Context, cell: Cell, { direct, okq, sqlite }: Bench): Promise<Row[]> {
  const systems = [direct, okq, sqlite];
  context.note(`${cell.connections} connections, pipeline ${cell.pipeline}, ${cell.bytes} B`);
  const { client, full } = context;
  const seconds = full ? 0.6 : 0.3;
  const bursts = cell.connections * cell.pipeline;
  const counts = new Map<System, number>();
  for (const system of systems) {
    const { push, pop, ackPopped } = system.steps(QUEUE, cell.bytes);
    const load = { ...cell, port: system.port, steps: [push, pop, ackPopped], seconds: WARM_UP_SECONDS };
    // A command alone is about three times as fast as a cycle of three.
    const wanted = Math.max(MIN_BURSTS, Math.round((await client.drive(load)).rate * 3 * seconds / bursts));
    counts.set(system, Math.min(wanted, Math.max(1, Math.floor(MAX_BYTES / cell.bytes / bursts))));
  }
  const rates = new Map<System, Record<string, number[]>>(systems.map((system) => [system, {}]));
  for (let round = 0; round < context.rounds; round++) {
    for (const system of systems) {
      const steps = system.steps(QUEUE, cell.bytes);
      const events = counts.get(system)! * bursts;
      for (const [op, stepsOf] of PHASES) {
        const { rate } = await client.drive({ ...cell, port: system.port, steps: stepsOf(steps, system), events });
        (rates.get(system)![op] ??= []).push(rate);
      }
    }
  }
  const commands = PHASES.map(([op]) => op).filter((op) => op !== "");
  return commands.map((command) => {
    const of = (system: System) => rates.get(system)![command];
    const toPing = (system: System, field: string) =>
      command === "PING" ? {} : ratioOf(of(system), rates.get(system)!.PING, field);
    return {
      contents: cell.bytes < 1024 ? `${cell.bytes} B` : `${cell.bytes / 1024} KiB`,
      connections: cell.connections,
      pipeline: cell.pipeline,
      command,
      direct: round(median(of(direct))),
      okq: round(median(of(okq))),
      ...ratioOf(of(okq), of(direct), "okqRatio"),
      ...toPing(okq, "okqToPing"),
      sqlite: round(median(of(sqlite))),
      ...ratioOf(of(sqlite), of(direct), "sqliteRatio"),
      ...toPing(sqlite, "sqliteToPing"),
    };
  });
}
