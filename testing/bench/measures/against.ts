/**
 * Whether okq has become slower than it was.
 *
 * @module
 */
import { ROOT } from "../../../tests/support/sources.ts";
import { commitOf } from "../../machine.ts";
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { startOkq } from "../okq.ts";
import { cpuSeconds } from "../../proc.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { makeFolderFor, okqSystem, startRedisFor, type Steps, type System } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "against";
const WARM_UP_SECONDS = 1;
/** For how long each command is measured, about. */
const SECONDS = 0.4;
/** How often both are started anew: processes of the same program differ by a few percent, each for all its life. */
const STARTS = 4;
/** What is measured, in an order that leaves nothing in the queue. */
const COMMANDS: [name: string, step: keyof Steps][] = [
  ["QLPUSH", "push"],
  ["QRPOP", "pop"],
  ["QACK", "ack"],
  ["QLPUSH", "push"],
  ["QRPOP NOACK", "take"],
];

/** A version that runs. */
interface Version extends System, AsyncDisposable {
  /** Its processes: okq, and the Redis that it alone uses. */
  pids: number[];
  /** The next id to be pushed. */
  nextId: number;
}

/** What was measured of a command. */
interface Measured {
  rates: number[];
  /** Processor time for a command, in microseconds. */
  micros: number[];
}

/** The same commands on this version and on another one. */
export const against: Measure = {
  name: "against",
  title: "Against another version",
  about:
    `Commands a second of ${CONNECTIONS} connections with ${BYTES}-byte contents on this version of okq and on another one,
each with a store of its own, in turn; both are started anew ${STARTS} times. And the processor time of a command in okq and
its Redis together, which differs less from round to round. Above 1 this version is the better one.`,
  columns: [
    column("server"),
    column("pipeline"),
    column("command"),
    column("other version", "version"),
    column("its rate", "former"),
    column("per second", "rate"),
    ratioColumn("× the other"),
    column("its µs", "formerMicros"),
    column("µs", "micros"),
    ratioColumn("× in time", "timeRatio"),
  ],
  comparesVersions: true,
  async run(context) {
    const folder = new URL(`file://${await Deno.realPath(context.against!)}/`);
    const version = await commitOf(folder);
    const rows: Row[] = [];
    for (const store of ["redis", "sqlite"] as const) {
      for (const pipeline of [1, 16]) {
        const before = new Map<string, Measured>(), now = new Map<string, Measured>();
        for (let start = 0; start < STARTS; start++) {
          context.note(`${store}, pipeline ${pipeline}, start ${start + 1} of ${STARTS}`);
          await using former = await startVersion(store, folder);
          await using present = await startVersion(store, ROOT);
          await compare(context, pipeline, [[former, before], [present, now]]);
        }
        for (const [command, { rates, micros }] of now) {
          const former = before.get(command)!;
          rows.push({
            ...{ server: store === "redis" ? "okq" : "okq sqlite", pipeline, command, version },
            ...{ former: round(median(former.rates)), rate: round(median(rates)) },
            ...ratioOf(rates, former.rates),
            ...{ formerMicros: round(median(former.micros)), micros: round(median(micros)) },
            ...ratioOf(former.micros, micros, "timeRatio"),
          });
        }
      }
    }
    return rows;
  },
};

/** okq as it stands in a folder, on an empty store of its own. */
async function startVersion(store: "redis" | "sqlite", root: URL): Promise<Version> {
  await using stack = new AsyncDisposableStack();
  const redis = store === "redis" ? await startRedisFor(stack) : undefined;
  const url = redis?.url ?? `sqlite:${await makeFolderFor(stack)}/okq.db`;
  const okq = stack.use(await startOkq(["--store", url], root));
  const pids = [okq.pid, ...redis ? [redis.pid] : []];
  const all = stack.move();
  return { ...okqSystem(store, okq), pids, nextId: 0, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Measures all commands on both, as often as there are rounds; each goes first every other time. */
async function compare(
  { client, rounds }: Context,
  pipeline: number,
  both: [Version, Map<string, Measured>][],
): Promise<void> {
  const burst = CONNECTIONS * pipeline;
  let events = Infinity;
  for (const [version] of both) {
    const { push, pop, ackPopped } = version.steps(QUEUE, BYTES);
    const load = { port: version.port, connections: CONNECTIONS, pipeline, steps: [push, pop, ackPopped] };
    const done = await client.drive({ ...load, seconds: WARM_UP_SECONDS });
    version.nextId = done.events;
    events = Math.min(events, Math.ceil(done.rate * load.steps.length * SECONDS / burst) * burst);
  }
  for (let turn = 0; turn < rounds; turn++) {
    for (const [command, step] of COMMANDS) {
      for (const [version, measured] of turn % 2 === 0 ? both : both.toReversed()) {
        const { port, nextId: firstId, pids } = version;
        const steps = [version.steps(QUEUE, BYTES)[step]];
        const spent = await cpuOf(pids);
        const { rate } = await client.drive({ port, connections: CONNECTIONS, pipeline, steps, events, firstId });
        const { rates, micros } = measured.get(command) ?? { rates: [], micros: [] };
        rates.push(rate);
        micros.push((await cpuOf(pids) - spent) * 1e6 / events);
        measured.set(command, { rates, micros });
        if (step === "ack" || step === "take") version.nextId += events;
      }
    }
  }
}

async function cpuOf(pids: number[]): Promise<number> {
  return (await Promise.all(pids.map(cpuSeconds))).reduce((sum, seconds) => sum + seconds, 0);
}
