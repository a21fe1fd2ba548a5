/**
 * Runs one scenario: load, faults one after the other, and the settling of the ledger.
 *
 * @module
 */
import { onExit } from "../../tests/support/on_exit.ts";
import { sleep } from "../client.ts";
import { type Figures, Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { type Okq, startOkq, type Usage } from "../okq_process.ts";
import { QUEUES } from "./queues.ts";
import { Random } from "../random.ts";
import type { Chaos, Scenario, World } from "./scenario.ts";
import { Watch } from "./notification_probe.ts";

/** How long pushes may take to go on before the run does not wait any longer, in milliseconds. */
const RESUMPTION_MS = 20_000;
/** How long the load runs at the most before the first fault: what an okq needs in any case is there then. */
const WARM_UP_MS = 3000;
/** How long an okq has for coming back to its level when the load is over, in milliseconds. */
const CALM_DOWN_MS = 1000;
/** What memory may grow by, in MiB: V8 does not give everything back at once. */
const MEMORY_SLACK = 96;
/** What open files may grow by: connections to the nodes of a Cluster that were not needed before, at the most. */
const FILES_SLACK = 8;
/** Longest time from a push until who waits through another instance is told, in milliseconds. */
const TOLD_MS = 1500;

/** How to run. */
export interface RunOptions {
  /** How long there are faults, in seconds. */
  seconds: number;
  /** What chance depends on. */
  seed: number;
  /** Told what happens. */
  note(text: string): void;
}

/** What came of a run. */
export interface Result {
  /** The ledger's figures. */
  figures: Figures;
  /** Faults. */
  faults: number;
  /** Longest time without a successful push while the store could serve, in milliseconds. */
  stalled: number;
  /** Longest time from the store's being able to serve until every queue took pushes again, in milliseconds. */
  resumed: number;
  /** Longest time until who waited was told after a fault, in milliseconds. */
  told: number;
  /** okq processes that ended by themselves. */
  unordered: number;
  /** What the instances that were never killed took of the machine: memory under load and files without, and after. */
  usage: { before: Usage; after: Usage }[];
  /** What was not as promised; empty if all is well. */
  broken: string[];
}

/** Runs a scenario. */
export async function run(scenario: Scenario, { seconds, seed, note }: RunOptions): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  const random = new Random(seed);
  const world = await scenario.open(stack, random);
  const okqs: Okq[] = [];
  for (const instance of world.instances) okqs.push(stack.use(await startOkq(instance)));
  const ledger = new Ledger(QUEUES);
  const broken: string[] = [];
  const chaos: Chaos = {
    seconds,
    random: random.fork(),
    okqs,
    ledger,
    note,
    stalls: ledger.stalls,
    expect: (isSo, what) => void (isSo || broken.push(what)),
  };
  const idle = await usageOf(okqs);
  const addrs = () => {
    const running = okqs.filter(({ wanted }) => wanted);
    return (running.length > 0 ? running : okqs).map(({ addr }) => addr);
  };
  const load = new Load({ addrs, ledger, queues: QUEUES, random: random.fork(), producers: 1, consumers: 8 });
  const forget = onExit(() => okqs.flatMap(({ log }) => log).forEach((line) => note(line)));
  try {
    await sleep(Math.min(WARM_UP_MS, seconds * 1000));
    const warm = await usageOf(okqs);
    const { faults, told } = await injectFaults(chaos, world);
    const left = await load.finish();
    for (const [queue, events] of left) broken.push(`Left in the end in ${queue}: ${events}`);
    await world.finish?.(chaos);
    await sleep(CALM_DOWN_MS);
    const after = await usageOf(okqs);
    const usage = [...after].flatMap(([okq, after]) => {
      const files = idle.get(okq);
      const memory = warm.get(okq);
      if (files?.pid !== after.pid || memory?.pid !== after.pid) return [];
      return [{ before: { ...memory, files: files.files }, after }];
    });
    const { longest: stalled, resumed } = ledger.stalls;
    const unordered = okqs.reduce((sum, okq) => sum + okq.unordered, 0);
    const result = {
      figures: ledger.figures(left.values().reduce((sum, events) => sum + events, 0)),
      faults,
      stalled,
      resumed,
      told,
      unordered,
      usage,
      broken,
    };
    judge(scenario, result, ledger);
    if (broken.length > 0) {
      for (const [i, { log }] of okqs.entries()) for (const line of log) note(`okq ${i}: ${line}`);
    }
    return result;
  } finally {
    forget();
    await load.abandon();
  }
}

/** One fault after the other, each followed by looking whether everything goes on. */
async function injectFaults(chaos: Chaos, world: World) {
  const { seconds, random, stalls, okqs } = chaos;
  const end = performance.now() + seconds * 1000;
  let faults = 0;
  let told = 0;
  while (performance.now() < end) {
    const waits = random.between(0, okqs.length - 1);
    const watch = new Watch(() => okqs[waits].addr, `watch-${random.between(0, 15)}`);
    await watch.ready();
    await world.fault(chaos);
    faults++;
    const push = okqs[(waits + 1) % okqs.length].addr;
    told = Math.max(told, await watch.toldOf(push));
    await stalls.resumption(RESUMPTION_MS);
    await sleep(random.between(200, 1500));
  }
  return { faults, told };
}

async function usageOf(okqs: Okq[]): Promise<Map<Okq, Usage>> {
  const all = await Promise.all(okqs.map(async (okq) => [okq, await okq.usage()] as const));
  return new Map(all.filter((one): one is [Okq, Usage] => one[1] !== undefined));
}

/** Compares with what is promised. */
function judge({ promised }: Scenario, result: Result, ledger: Ledger): void {
  const { figures, broken } = result;
  const atMost = (what: string, value: number, limit: number) => {
    if (!(value <= limit)) broken.push(`${what}: ${Math.round(value)}, and at most ${limit} is promised`);
  };
  atMost("Events lost", figures.lost, promised.lost);
  atMost("Events delivered after their acknowledgement", figures.doubled, promised.doubled);
  atMost("Milliseconds until pushes resumed", result.resumed, promised.resumed);
  atMost("Milliseconds without a push while the store could serve", result.stalled, promised.stalled);
  atMost("Milliseconds until a waiting consumer was told", result.told, TOLD_MS);
  atMost("Events that nobody pushed so", figures.torn, 0);
  atMost("Pushes done of which okq said that nothing was done", figures.untrue, 0);
  atMost("Attempts that were not counted", figures.uncounted, 0);
  atMost("Deliveries beyond the last attempt", figures.undead, 0);
  atMost("okq processes that ended by themselves", result.unordered, 0);
  for (const { before, after } of result.usage) {
    atMost("MiB of memory after the run", after.memory, before.memory + MEMORY_SLACK);
    atMost("Open files after the run", after.files, before.files + FILES_SLACK);
  }
  for (const [answer, count] of ledger.unexpected) broken.push(`Answered ${count} times: ${answer}`);
  broken.push(...ledger.suspects);
}
