/**
 * Runs one scenario: load, faults one after the other, and judgement.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { onExit } from "../../tests/support/on_exit.ts";
import { type OkqProcess, startOkq, type Usage } from "../okq_process.ts";
import { Random } from "../random.ts";
import type { Figures, History } from "./history.ts";
import { type Counts, Ledger } from "./ledger.ts";
import { Load } from "./load/load.ts";
import { NotificationProbe } from "./notification_probe.ts";
import { QUEUES } from "./queues.ts";
import type { Chaos, Scenario, Setup } from "./scenario.ts";

/** Pushes that have not resumed by then never do. */
const RESUMPTION_TIMEOUT_MS = 60_000;
/** The load runs up to this time before the first fault: memory is stable by then. */
const WARM_UP_MS = 3000;
/** okq must close files within this time after the load. */
const CLOSE_MS = 60_000;
/** Open files beyond those before the load: connections to Cluster nodes that were not needed then. */
const EXTRA_FILES = 8;
/** Eight consumers on two cores keep up with producers that pause this long. */
const PRODUCER_PAUSE_MS = 100;

/** None of these may happen, and the last three only where Redis stops calls halfway. */
const VIOLATIONS = ["lost", "doubled", "outOfOrder", "overLimit", "falseRefusals", "corrupt"] as const;
const MISCOUNTS = ["reusedReceipts", "overAttempts", "outOfTurn"] as const;

/**
 * A slow or busy machine may exceed these, so that only a run by hand judges them. In milliseconds and MiB. The memory
 * of buffers that were freed stays with the process: in runs of 90 and 200 s it stops growing at about 160 MiB.
 */
const LIMITS = { stalledMs: 2000, resumedMs: 2000, notifiedMs: 1500, extraMemory: 192 };
/** Shorter runs say nothing about memory: V8 returns it late. */
const MIN_MEMORY_SECONDS = 20;

export interface RunOptions {
  seconds: number;
  seed: number;
  history: History;
  /** Default: {@linkcode PRODUCER_PAUSE_MS}. */
  producerPauseMs?: number;
  note(text: string): void;
}

export interface Result {
  counts: Counts;
  /** Of the history. */
  figures: Figures;
  faults: number;
  /** Longest time without a successful push while the store could serve. */
  stalledMs: number;
  /** Longest time from the end of an outage until every queue took pushes again. */
  resumedMs: number;
  /** Longest time until a consumer that waited during a fault was notified. */
  notifiedMs: number;
  crashes: number;
  /** Usage of the instances that were never killed: memory under load, files before it; both afterwards. */
  usage: { before: Usage; after: Usage }[];
  /** Broken guarantees, whatever the machine. */
  violations: string[];
  /** Times and memory beyond the limits. */
  exceeded: string[];
}

export async function run(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { seconds, seed, history, note, producerPauseMs = PRODUCER_PAUSE_MS } = options;
  await using stack = new AsyncDisposableStack();
  const random = new Random(seed);
  const setup = await scenario.open(stack, random);
  const okqs: OkqProcess[] = [];
  for (const instance of setup.instances) okqs.push(stack.use(await startOkq(instance)));
  const ledger = new Ledger(QUEUES, history, scenario.name);
  const violations: string[] = [];
  const chaos: Chaos = {
    ...{ seconds, random: random.fork(), okqs, ledger, history, note, stalls: ledger.stalls },
    expect: (condition, message) => void (condition || violations.push(message)),
  };
  const idle = await usageOf(okqs);
  const addrs = () => {
    const started = okqs.filter(({ started }) => started);
    return (started.length > 0 ? started : okqs).map(({ addr }) => addr);
  };
  const load = new Load({ addrs, ledger, queues: QUEUES, random: random.fork(), consumers: 8, producerPauseMs });
  const forget = onExit(() => okqs.flatMap(({ log }) => log).forEach((line) => note(line)));
  try {
    await delay(Math.min(WARM_UP_MS, seconds * 1000));
    const warm = await usageOf(okqs);
    const { faults, notifiedMs } = await injectFaults(chaos, setup);
    const left = await load.finish();
    for (const [queue, events] of left) violations.push(`Not drained: ${queue} holds ${events} events`);
    ledger.drained(left.size === 0);
    await setup.finish?.(chaos);
    const usage = await finalUsage(okqs, idle, warm);
    const result: Result = {
      counts: ledger.counts(left.values().reduce((sum, events) => sum + events, 0)),
      figures: history.figures(),
      ...{ faults, stalledMs: ledger.stalls.longest, resumedMs: ledger.stalls.resumed, notifiedMs },
      crashes: okqs.reduce((sum, okq) => sum + okq.crashes, 0),
      ...{ usage, violations, exceeded: [] },
    };
    judge(scenario, result, ledger, seconds);
    if (violations.length > 0) {
      for (const [i, { errors, log }] of okqs.entries()) {
        for (const line of [...errors, ...log]) note(`okq ${i}: ${line}`);
      }
    }
    return result;
  } finally {
    forget();
    await load.abort();
  }
}

/** After each fault a waiting consumer must be notified and every queue take pushes. */
async function injectFaults(chaos: Chaos, setup: Setup) {
  const { seconds, random, stalls, okqs } = chaos;
  const end = performance.now() + seconds * 1000;
  let faults = 0;
  let notifiedMs = 0;
  while (performance.now() < end) {
    const waiting = random.between(0, okqs.length - 1);
    const probe = new NotificationProbe(() => okqs[waiting].addr, `probe-${random.between(0, 15)}`);
    await probe.waiting();
    await setup.fault(chaos);
    faults++;
    const other = okqs[(waiting + 1) % okqs.length].addr;
    notifiedMs = Math.max(notifiedMs, await probe.latencyOf(other));
    await stalls.resumption(RESUMPTION_TIMEOUT_MS);
    await delay(random.between(200, 1500));
  }
  return { faults, notifiedMs };
}

async function usageOf(okqs: OkqProcess[]): Promise<Map<OkqProcess, Usage>> {
  const usages = await Promise.all(okqs.map(async (okq) => [okq, await okq.usage()] as const));
  return new Map(usages.filter((entry): entry is [OkqProcess, Usage] => entry[1] !== undefined));
}

/** The usage of the processes that lived through the run, once their files are closed. */
async function finalUsage(okqs: OkqProcess[], idle: Map<OkqProcess, Usage>, warm: Map<OkqProcess, Usage>) {
  let usage: Result["usage"] = [];
  await eventually(async () => {
    usage = [...await usageOf(okqs)].flatMap(([okq, after]) => {
      const [before, loaded] = [idle.get(okq), warm.get(okq)];
      if (before?.pid !== after.pid || loaded?.pid !== after.pid) return [];
      return [{ before: { ...loaded, files: before.files }, after }];
    });
    return usage.every(({ before, after }) => after.files <= before.files + EXTRA_FILES);
  }, CLOSE_MS).catch(() => {}); // judged below
  return usage;
}

function judge(scenario: Scenario, result: Result, ledger: Ledger, seconds: number): void {
  const { counts, figures, usage, violations, exceeded } = result;
  const limit = (what: string, value: number, max: number, list: string[]) => {
    if (!(value <= max)) list.push(`${what}: ${Math.round(value)} (limit ${max})`);
  };
  for (const name of [...VIOLATIONS, ...scenario.stopsCalls ? [] : MISCOUNTS]) {
    limit(`Events or deliveries ${name}`, counts[name], 0, violations);
  }
  for (const name of ["lost", "unexpected"] as const) {
    limit(`Events ${name} in the history`, figures[name], 0, violations);
  }
  limit("okq processes that exited by themselves", result.crashes, 0, violations);
  for (const { before, after } of usage) {
    limit("Open files after the run", after.files, before.files + EXTRA_FILES, violations);
    if (seconds >= MIN_MEMORY_SECONDS) {
      limit("MiB of memory after the run", after.memory, before.memory + LIMITS.extraMemory, exceeded);
    }
  }
  if (result.resumedMs === Infinity) violations.push("Pushes did not resume after an outage");
  if (result.notifiedMs === Infinity) violations.push("A waiting consumer was not notified");
  limit("Milliseconds without a push while the store could serve", result.stalledMs, LIMITS.stalledMs, exceeded);
  limit("Milliseconds until pushes resumed", result.resumedMs, LIMITS.resumedMs, exceeded);
  limit("Milliseconds until a waiting consumer was notified", result.notifiedMs, LIMITS.notifiedMs, exceeded);
  for (const [answer, count] of ledger.unexpected) violations.push(`Unexpected reply, ${count} times: ${answer}`);
  if (violations.length > 0) violations.push(...ledger.suspects);
}
