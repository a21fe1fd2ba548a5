/**
 * Whether okq slows down with what it holds.
 *
 * @module
 */
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { type Bench, startBench, type System } from "../systems.ts";
import { BYTES, QUEUE, type State, STATES } from "./states.ts";

const LOAD = { connections: 50, pipeline: 16 };
const WARM_UP_SECONDS = 0.3;
/** For how long each command is measured, about. */
const SECONDS = 0.4;

/** A server in a state: which ids come next. */
interface Subject {
  system: System;
  /** The next id to be pushed. */
  push: number;
  /** The id that is popped next. */
  pop: number;
}

/** QLPUSH, QRPOP and QACK on a server that holds much, beside one that is empty. */
export const state: Measure = {
  name: "state",
  title: "With much in it",
  about:
    `Commands a second of ${LOAD.connections} connections with pipeline ${LOAD.pipeline} and ${BYTES}-byte contents, on a
server in this state, and the ratio to an empty one of its own that is measured in turn with it.`,
  columns: [
    column("state"),
    column("server"),
    column("command"),
    column("per second", "rate"),
    column("empty, per second", "empty"),
    ratioColumn("× empty"),
  ],
  slow: true,
  async run(context) {
    const rows: Row[] = [];
    for (const state of STATES) {
      await using held = await startBench();
      await using empty = await startBench();
      for (const which of ["okq", "sqlite"] as const) {
        context.note(`${held[which].name}, ${state.name}`);
        rows.push(...await compare(context, state, held, empty, which));
      }
    }
    return rows;
  },
};

async function compare(
  context: Context,
  state: State,
  held: Bench,
  empty: Bench,
  which: "okq" | "sqlite",
): Promise<Row[]> {
  using stack = new DisposableStack();
  const made = await state.make(held[which], context.client, stack);
  const subjects = [
    { system: held[which], push: made.pushed, pop: made.next ?? made.pushed },
    { system: empty[which], push: 0, pop: 0 },
  ];
  const events: number[] = [];
  for (const subject of subjects) events.push(await warmUp(context, subject));
  const count = Math.min(...events);
  const rates = subjects.map(() => ({ QLPUSH: [] as number[], QRPOP: [] as number[], QACK: [] as number[] }));
  for (let i = 0; i < context.rounds; i++) {
    for (const [s, subject] of subjects.entries()) {
      const [push, pop, ack] = await probe(context, subject, count);
      rates[s].QLPUSH.push(push);
      rates[s].QRPOP.push(pop);
      rates[s].QACK.push(ack);
    }
  }
  return (["QLPUSH", "QRPOP", "QACK"] as const).map((command) => ({
    state: state.name,
    server: held[which].name,
    command,
    rate: round(median(rates[0][command])),
    empty: round(median(rates[1][command])),
    ...ratioOf(rates[0][command], rates[1][command]),
  }));
}

/** Runs whole cycles for a moment, and returns how many of one command fill the time of a measurement. */
async function warmUp({ client }: Context, subject: Subject): Promise<number> {
  const { push, pop, ackPopped } = subject.system.steps(QUEUE, BYTES);
  const done = await client.drive({
    ...LOAD,
    port: subject.system.port,
    steps: [push, pop, ackPopped],
    seconds: WARM_UP_SECONDS,
    firstId: subject.push,
  });
  subject.push += done.events;
  subject.pop += done.events;
  const burst = LOAD.connections * LOAD.pipeline;
  return Math.max(1, Math.round(done.rate * 3 * SECONDS / burst)) * burst;
}

/** Rates of pushing, popping and acknowledging so many events, after which it holds as many as before. */
async function probe({ client }: Context, subject: Subject, events: number): Promise<number[]> {
  const { push, pop, ack } = subject.system.steps(QUEUE, BYTES);
  const load = { ...LOAD, port: subject.system.port, events };
  const pushed = await client.drive({ ...load, steps: [push], firstId: subject.push });
  const popped = await client.drive({ ...load, steps: [pop] });
  const acked = await client.drive({ ...load, steps: [ack], firstId: subject.pop });
  subject.push += events;
  subject.pop += events;
  return [pushed.rate, popped.rate, acked.rate];
}
