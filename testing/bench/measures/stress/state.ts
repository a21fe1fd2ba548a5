/**
 * Whether okq is slower with large state than empty.
 *
 * @module
 */
import { delay } from "../../../../core/util/async.ts";
import { Connections } from "../../load/connections.ts";
import type { LoadClient } from "../../load/load_client.ts";
import { ID, respStep } from "../../load/step.ts";
import { type Context, grouped, type Measure, ratio } from "../../measure.ts";
import { type Bench, startBench, type System } from "../../systems.ts";

const QUEUE = "state";
const BYTES = 32;
const LOAD = { connections: 50, pipeline: 16 };
const WARM_UP_SECONDS = 0.3;
/** About how long each command is measured. */
const SECONDS = 0.4;
/** A server is idle this long after connections are opened. */
const UNTIL_IDLE_MS = 2000;

const WAITING = 1_000_000;
const LEASES = 100_000;
const QUEUES = 100_000;
/** With those of the load below --max-clients, also while closed ones are still counted. */
const IDLE = 9_900;
const BLOCKED = 1000;

interface State {
  name: string;
  /**
   * Brings an empty server into the state.
   * @returns the next id to push, and the next id that is popped if it differs
   */
  make(system: System, client: LoadClient, stack: DisposableStack): Promise<{ push: number; pop?: number }>;
}

/** Over one connection events are in the order of their ids. */
const inOrder = ({ port }: System) => ({ port, connections: 1, pipeline: 256 });

/** Pushes the ids from 0 on. */
export async function fill(system: System, client: LoadClient, queue: string, events: number): Promise<void> {
  await client.run({ ...inOrder(system), steps: [system.steps(queue, BYTES).push], events });
}

const STATES: readonly State[] = [
  {
    name: `${grouped(WAITING)} events waiting on the queue`,
    async make(system, client) {
      await fill(system, client, QUEUE, WAITING);
      return { push: WAITING, pop: 0 };
    },
  },
  {
    name: `${grouped(LEASES)} leases open on the queue`,
    async make(system, client) {
      await fill(system, client, QUEUE, LEASES);
      await client.run({ ...inOrder(system), steps: [system.steps(QUEUE, BYTES).pop], events: LEASES });
      return { push: LEASES };
    },
  },
  {
    name: `${grouped(QUEUES)} other queues with an event`,
    async make(system, client) {
      const push = respStep(["QLPUSH", ID, "1", "x".repeat(BYTES)], "sequence", 1, "+OK");
      await client.run({ ...inOrder(system), steps: [push], events: QUEUES });
      return { push: 0 };
    },
  },
  {
    name: `${grouped(IDLE)} idle connections`,
    async make({ port }, _, stack) {
      stack.use(new Connections(port, IDLE));
      await delay(UNTIL_IDLE_MS);
      return { push: 0 };
    },
  },
  {
    name: `${grouped(BLOCKED)} QNOTIFYs waiting on another queue`,
    async make({ port }, _, stack) {
      stack.use(new Connections(port, BLOCKED)).waitFor("other");
      await delay(UNTIL_IDLE_MS);
      return { push: 0 };
    },
  },
];

/** A server under measurement, and the ids that come next. */
interface Subject {
  system: System;
  push: number;
  pop: number;
}

export const state: Measure = {
  name: "state",
  title: "With large state",
  columns: ["state", "server", "QLPUSH × empty", "QRPOP × empty", "QACK × empty"],
  slow: true,
  async run(context) {
    const rows: string[][] = [];
    for (const state of STATES) {
      await using full = await startBench();
      await using empty = await startBench();
      for (const name of ["okq", "sqlite"] as const) {
        context.note(`${full[name].name}, ${state.name}`);
        rows.push([state.name, full[name].name, ...await compare(context, state, full, empty, name)]);
      }
    }
    return rows;
  },
};

async function compare(context: Context, state: State, full: Bench, empty: Bench, name: "okq" | "sqlite") {
  using stack = new DisposableStack();
  const { push, pop = push } = await state.make(full[name], context.client, stack);
  const subjects: Subject[] = [{ system: full[name], push, pop }, { system: empty[name], push: 0, pop: 0 }];
  const events: number[] = [];
  for (const subject of subjects) events.push(await warmUp(context, subject));
  const rates = subjects.map(() => [[], [], []] as number[][]);
  for (let round = 0; round < context.rounds; round++) {
    for (const [s, subject] of subjects.entries()) {
      (await measure(context, subject, Math.min(...events))).forEach((rate, c) => rates[s][c].push(rate));
    }
  }
  return rates[0].map((rate, c) => ratio(rate, rates[1][c]));
}

/** Resolves to how many of one command take the time of a measurement. */
async function warmUp({ client }: Context, subject: Subject): Promise<number> {
  const { port, steps } = subject.system;
  const { push, pop, ackPopped } = steps(QUEUE, BYTES);
  const load = { ...LOAD, port, steps: [push, pop, ackPopped], seconds: WARM_UP_SECONDS, firstId: subject.push };
  const { events, rate } = await client.run(load);
  subject.push += events;
  subject.pop += events;
  const burst = LOAD.connections * LOAD.pipeline;
  return Math.max(1, Math.round(rate * 3 * SECONDS / burst)) * burst;
}

/** The rates of push, pop and ack; the server then holds as many events as before. */
async function measure({ client }: Context, subject: Subject, events: number): Promise<number[]> {
  const { port, steps } = subject.system;
  const { push, pop, ack } = steps(QUEUE, BYTES);
  const load = { ...LOAD, port, events };
  const pushed = await client.run({ ...load, steps: [push], firstId: subject.push });
  const popped = await client.run({ ...load, steps: [pop] });
  const acked = await client.run({ ...load, steps: [ack], firstId: subject.pop });
  subject.push += events;
  subject.pop += events;
  return [pushed.rate, popped.rate, acked.rate];
}
