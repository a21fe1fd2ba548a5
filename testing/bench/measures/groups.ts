/**
 * Events with a group beside events without, and a queue with many blocked ones beside one with few.
 *
 * @module
 */
import { connect } from "../../../tests/support/wire.ts";
import { Random } from "../../random.ts";
import { contentsOf, ID, ID_DIGITS, respStep, type Step } from "../load/step.ts";
import { type Context, figureAndRatio, grouped, type Measure } from "../measure.ts";
import { startBench, type Steps, type System } from "../systems.ts";

const BYTES = 32;
const LOAD = { connections: 50, pipeline: 16 };
const WARM_UP_SECONDS = 0.3;
/** About how long each command is measured. */
const SECONDS = 0.4;
/** Groups to which the load pushes, each connection to one after the other. */
const KEYS = 8;
/** Groups of the queue with blocked events, and events of each. */
const GROUPS = 10_000;
const MANY = 101;
const FEW = 11;
const PUSHES_TOGETHER = 500;
/** Commands for an event. */
const CYCLE = 3;

/** In an order that leaves the queue empty. */
const COMMANDS = ["push", "pop", "ack"] as const;

interface Queue {
  port: number;
  /** One for each group. */
  pushes: Step[];
  plain: Steps;
  nextId: number;
}

export const groups: Measure = {
  name: "groups",
  title: "Order per key",
  columns: ["server", "events", "QLPUSH", "QRPOP", "QACK", "whole cycle"],
  slow: true,
  async run(context) {
    await using bench = await startBench();
    const rows: string[][] = [];
    for (const system of [bench.okq, bench.sqlite]) {
      context.note(`${system.name}, plain and with a group`);
      const both = [queueOf(system, "plain", 0), queueOf(system, "free", KEYS)];
      await configure(system, "free", 1_000_000); // nothing waits for its group
      const rates = await compare(context, both);
      ["without a group", `of ${KEYS} groups, none blocked`].forEach((what, i) =>
        rows.push([
          system.name,
          what,
          ...COMMANDS.map((_, c) => figureAndRatio(rates[i][c], rates[0][c])),
          figureAndRatio(rates[i][COMMANDS.length], rates[0][COMMANDS.length]),
        ])
      );
      for (const [name, each] of [["few", FEW], ["many", MANY]] as const) {
        context.note(`${system.name}, ${grouped(GROUPS * each)} events of ${grouped(GROUPS)} groups`);
        await fill(system, name, each);
      }
      const filled = [queueOf(system, "few", KEYS), queueOf(system, "many", KEYS)];
      const cycles = await compareCycles(context, filled);
      for (const [i, each] of [FEW, MANY].entries()) {
        const what = `${grouped(GROUPS * (each - 1))} blocked, of ${grouped(GROUPS)} groups`;
        rows.push([system.name, what, "", "", "", figureAndRatio(cycles[i], cycles[0])]);
      }
      for (const name of ["plain", "free", "few", "many"]) await bench.clear(name);
    }
    return rows;
  },
};

/** Without keys, events have no group. */
function queueOf({ port, steps }: System, name: string, keys: number): Queue {
  const plain = steps(name, BYTES);
  const pushes = Array.from({ length: keys }, (_, key) => {
    const args = ["QLPUSH", name, ID, contentsOf(BYTES), "GROUP", groupKey(key)];
    return respStep(args, "sequence", 1, "+OK");
  });
  return { port, pushes: keys === 0 ? [plain.push] : pushes, plain, nextId: 0 };
}

const groupKey = (key: number) => `${key}`.padStart(8, "0");

async function configure({ port }: System, queue: string, groupLimit: number): Promise<void> {
  await using wire = await connect({ hostname: "127.0.0.1", port });
  await wire.command("QCONFIG", "SET", queue, "group-limit", `${groupLimit}`);
}

/** Pushes events of each group, of which one becomes ready, in an order as of many independent producers. */
async function fill({ port }: System, queue: string, each: number): Promise<void> {
  await using wire = await connect({ hostname: "127.0.0.1", port });
  const order = shuffled(GROUPS * each);
  for (let from = 0; from < order.length; from += PUSHES_TOGETHER) {
    const pushes = Array.from(order.subarray(from, from + PUSHES_TOGETHER), (number) => {
      const [id, group] = [`x${number}`.padEnd(ID_DIGITS, "x"), groupKey(number % GROUPS)];
      return ["QLPUSH", queue, id, contentsOf(BYTES), "GROUP", group];
    });
    await wire.sendTogether(...pushes);
    for (const _ of pushes) {
      const reply = await wire.shown();
      if (reply !== "+OK") throw new Error(`Filling ${queue} failed: ${reply}`);
    }
  }
}

/** The numbers from 0 to `count` - 1, always in the same order. */
function shuffled(count: number): Uint32Array {
  const random = new Random(1);
  const numbers = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.between(0, i);
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
}

/** Resolves to the rates of each queue, by command and of the whole cycle. */
async function compare(context: Context, queues: Queue[]): Promise<number[][][]> {
  const rates = queues.map(() => [...COMMANDS, "cycle"].map(() => [] as number[]));
  const events = await warmUp(context, queues);
  for (let round = 0; round < context.rounds; round++) {
    for (const [q, queue] of queues.entries()) {
      const { pushes, plain: { pop, ack } } = queue;
      for (const [c, steps] of [pushes, [pop], [ack]].entries()) {
        rates[q][c].push(await rateOf(context, queue, steps, events / steps.length));
      }
      queue.nextId += events;
    }
    (await cyclesOf(context, queues, events)).forEach((rate, q) => rates[q][COMMANDS.length].push(rate));
  }
  return rates;
}

/** Resolves to the rates of the whole cycle of each queue. */
async function compareCycles(context: Context, queues: Queue[]): Promise<number[][]> {
  const rates = queues.map(() => [] as number[]);
  const events = await warmUp(context, queues);
  for (let round = 0; round < context.rounds; round++) {
    (await cyclesOf(context, queues, events)).forEach((rate, q) => rates[q].push(rate));
  }
  return rates;
}

async function cyclesOf(context: Context, queues: Queue[], events: number): Promise<number[]> {
  const rates: number[] = [];
  for (const queue of queues) {
    rates.push(await rateOf(context, queue, cycle(queue), events / queue.pushes.length) / CYCLE);
    queue.nextId += events;
  }
  return rates;
}

/** Push, pop and acknowledgement, for one group after the other. */
function cycle({ pushes, plain: { pop, ackPopped } }: Queue): Step[] {
  return pushes.flatMap((push) => [push, pop, ackPopped]);
}

/** Resolves to how many events take the time of a measurement, in whole bursts of every step. */
async function warmUp({ client }: Context, queues: Queue[]): Promise<number> {
  let events = Infinity;
  for (const queue of queues) {
    const steps = cycle(queue);
    const load = { ...LOAD, port: queue.port, steps, seconds: WARM_UP_SECONDS, firstId: queue.nextId };
    const { events: rounds, rate } = await client.run(load);
    queue.nextId += rounds * queue.pushes.length;
    events = Math.min(events, rate * queue.pushes.length * SECONDS);
  }
  const burst = LOAD.connections * LOAD.pipeline * Math.max(...queues.map(({ pushes }) => pushes.length));
  return Math.max(1, Math.round(events / burst)) * burst;
}

/** Commands per second. @param times how often the steps are done */
async function rateOf({ client }: Context, queue: Queue, steps: Step[], times: number): Promise<number> {
  const load = { ...LOAD, port: queue.port, steps, events: times, firstId: queue.nextId };
  return (await client.run(load)).rate * steps.length;
}
