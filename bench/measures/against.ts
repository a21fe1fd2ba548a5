/**
 * Whether okq has become slower than it was.
 *
 * @module
 */
import { startRedis } from "../../tests/redis_server.ts";
import { onExit } from "../../tests/on_exit.ts";
import { ROOT } from "../../tests/sources.ts";
import { commitOf } from "../machine.ts";
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { startOkq } from "../okq.ts";
import { median, ratioOf, round } from "../stats.ts";
import { okqSystem, type Steps, type System } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "against";
const WARM_UP_SECONDS = 1;
/** For how long each command is measured, about. */
const SECONDS = 0.4;
/** How often both are started anew: processes of the same program differ by a few percent, each for all its life. */
const STARTS = 4;
/** What is measured, in an order that leaves nothing in the queue. */
const COMMANDS = {
  QLPUSH: "push",
  QRPOP: "pop",
  QACK: "ack",
  "QLPUSH again": "push",
  "QRPOP NOACK": "take",
} as const satisfies Record<string, keyof Steps>;

type Command = keyof typeof COMMANDS;
/** How a store is called, and given to okq. */
type Store = "okq" | "okq sqlite";

/** The same commands on this version and on another one. */
export const against: Measure = {
  name: "against",
  title: "Against another version",
  about:
    `Commands a second of ${CONNECTIONS} connections with ${BYTES}-byte contents on this version of okq and on another
one, each with a store of its own, in turn, and the ratio to the other one. Both are started anew ${STARTS} times.`,
  columns: [
    column("server"),
    column("pipeline"),
    column("command"),
    column("other version", "version"),
    column("its rate", "former"),
    column("per second", "rate"),
    ratioColumn("× the other"),
  ],
  comparesVersions: true,
  async run(context) {
    const folder = new URL(`file://${await Deno.realPath(context.against!)}/`);
    const version = await commitOf(folder);
    const rows: Row[] = [];
    for (const store of ["okq", "okq sqlite"] as const) {
      for (const pipeline of [1, 16]) {
        const rates = { former: ratesOfAll(), present: ratesOfAll() };
        for (let start = 0; start < STARTS; start++) {
          context.note(`${store}, pipeline ${pipeline}, start ${start + 1} of ${STARTS}`);
          await using former = await startVersion(store, folder);
          await using present = await startVersion(store, ROOT);
          await compare(context, pipeline, [[former, rates.former], [present, rates.present]]);
        }
        for (const command of Object.keys(COMMANDS).filter((name) => name !== "QLPUSH again") as Command[]) {
          const [before, now] = [rates.former[command], rates.present[command]];
          const figures = { former: round(median(before)), rate: round(median(now)) };
          rows.push({ server: store, pipeline, command, version, ...figures, ...ratioOf(now, before) });
        }
      }
    }
    return rows;
  },
};

function ratesOfAll(): Record<Command, number[]> {
  return { QLPUSH: [], QRPOP: [], QACK: [], "QLPUSH again": [], "QRPOP NOACK": [] };
}

/** okq as it stands in a folder, on an empty store of its own. */
async function startVersion(store: Store, root: URL): Promise<System & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  let url: string;
  if (store === "okq") {
    const redis = stack.use(await startRedis());
    stack.defer(onExit(() => redis.killNow()));
    url = redis.url;
  } else {
    const folder = await Deno.makeTempDir({ prefix: "okq_bench_" });
    const remove = () => Deno.removeSync(folder, { recursive: true });
    const forget = onExit(remove);
    stack.defer(() => (forget(), remove()));
    url = `sqlite:${folder}/okq.db`;
  }
  const okq = stack.use(await startOkq(["--store", url], root));
  const all = stack.move();
  return { ...okqSystem(store, okq), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Measures all commands on both, as often as there are rounds; each goes first every other time. */
async function compare(
  { client, rounds }: Context,
  pipeline: number,
  both: [System, Record<Command, number[]>][],
): Promise<void> {
  const load = { connections: CONNECTIONS, pipeline };
  const ids = new Map<System, number>();
  let slowest = Infinity;
  for (const [system] of both) {
    const { push, pop, ackPopped } = system.steps(QUEUE, BYTES);
    const steps = [push, pop, ackPopped];
    const done = await client.drive({ ...load, port: system.port, steps, seconds: WARM_UP_SECONDS });
    ids.set(system, done.events);
    slowest = Math.min(slowest, done.rate * steps.length);
  }
  const burst = CONNECTIONS * pipeline;
  const events = Math.ceil(slowest * SECONDS / burst) * burst;
  for (let turn = 0; turn < rounds; turn++) {
    for (const [command, step] of Object.entries(COMMANDS) as [Command, keyof Steps][]) {
      for (const [system, rates] of turn % 2 === 0 ? both : both.toReversed()) {
        const firstId = ids.get(system)!;
        const steps = [system.steps(QUEUE, BYTES)[step]];
        const { rate } = await client.drive({ ...load, port: system.port, steps, events, firstId });
        rates[command].push(rate);
        if (step === "ack" || step === "take") ids.set(system, firstId + events);
      }
    }
  }
}
