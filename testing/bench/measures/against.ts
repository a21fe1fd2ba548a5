/**
 * The plain commands on this checkout of okq, beside another one.
 *
 * @module
 */
import { ROOT } from "../../../tests/support/sources.ts";
import { commitOf } from "../../machine.ts";
import { cpuSeconds } from "../../proc.ts";
import { STORE_NAMES, STORES } from "../../stores.ts";
import { type Context, figure, type Measure, ratio } from "../measure.ts";
import { okqSteps, startQuietOkq, type Steps } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "against";
const WARM_UP_SECONDS = 1;
/** About how long each command is measured. */
const SECONDS = 0.4;
/** Processes of one program differ by a few percent, each for its whole life. */
const STARTS = 4;
/** In an order that leaves the queue empty. */
const COMMANDS: [name: string, step: keyof Steps][] = [
  ["QLPUSH", "push"],
  ["QRPOP", "pop"],
  ["QACK", "ack"],
  ["QLPUSH", "push"],
  ["QRPOP NOACK", "take"],
];

interface Version extends AsyncDisposable {
  port: number;
  /** okq, and the Redis that it alone uses. */
  pids: number[];
  nextId: number;
}

interface Rounds {
  rates: number[];
  /** Processor time of okq and Redis per command. */
  micros: number[];
}

/** By command. */
type Results = Map<string, Rounds>;

/** Ratios above 1 mean that this checkout is the better one. */
export const against: Measure = {
  name: "against",
  title: "Against another version",
  columns: ["server", "pipeline", "command", "base", "base/s", "this/s", "× base", "× base, processor time"],
  slow: true,
  async run(context) {
    const base = context.base!;
    const commit = await commitOf(base);
    const rows: string[][] = [];
    for (const store of STORE_NAMES.toReversed()) {
      for (const pipeline of [1, 16]) {
        const before: Results = new Map(), now: Results = new Map();
        for (let start = 1; start <= STARTS; start++) {
          context.note(`${store}, pipeline ${pipeline}, start ${start} of ${STARTS}`);
          await using old = await startVersion(store, base);
          await using current = await startVersion(store, ROOT);
          await compare(context, pipeline, [[old, before], [current, now]]);
        }
        for (const [command, { rates, micros }] of now) {
          const old = before.get(command)!;
          rows.push([
            ...[store === "redis" ? "okq" : "okq sqlite", `${pipeline}`, command, commit],
            ...[figure(old.rates), figure(rates), ratio(rates, old.rates), ratio(old.micros, micros)],
          ]);
        }
      }
    }
    return rows;
  },
};

async function startVersion(store: keyof typeof STORES, root: URL): Promise<Version> {
  await using stack = new AsyncDisposableStack();
  const { url, redis } = await STORES[store](stack);
  const okq = stack.use(await startQuietOkq(url, [], root));
  const pids = [okq.pid, ...redis ? [redis.pid] : []];
  const all = stack.move();
  return { port: okq.addr.port, pids, nextId: 0, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Both versions take turns to be first. */
async function compare({ client, rounds }: Context, pipeline: number, both: [Version, Results][]): Promise<void> {
  const load = { connections: CONNECTIONS, pipeline };
  const burst = CONNECTIONS * pipeline;
  const steps = okqSteps(QUEUE, BYTES);
  const cycle = [steps.push, steps.pop, steps.ackPopped];
  let events = Infinity;
  for (const [version] of both) {
    const { events: done, rate } = await client.run({
      ...load,
      port: version.port,
      steps: cycle,
      seconds: WARM_UP_SECONDS,
    });
    version.nextId = done;
    events = Math.min(events, Math.ceil(rate * cycle.length * SECONDS / burst) * burst);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [command, step] of COMMANDS) {
      for (const [version, results] of round % 2 === 0 ? both : both.toReversed()) {
        const { port, nextId: firstId, pids } = version;
        const before = await cpuOf(pids);
        const { rate } = await client.run({ ...load, port, steps: [steps[step]], events, firstId });
        const { rates, micros } = results.get(command) ?? { rates: [], micros: [] };
        rates.push(rate);
        micros.push((await cpuOf(pids) - before) * 1e6 / events);
        results.set(command, { rates, micros });
        if (step === "ack" || step === "take") version.nextId += events;
      }
    }
  }
}

async function cpuOf(pids: number[]): Promise<number> {
  return (await Promise.all(pids.map(cpuSeconds))).reduce((sum, seconds) => sum + seconds, 0);
}
