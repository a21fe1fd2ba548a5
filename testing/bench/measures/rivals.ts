/**
 * okq beside other queues, each asked as its documentation recommends.
 *
 * @module
 */
import { type Beanstalkd, beanstalkdSteps, startBeanstalkd } from "../rivals/beanstalkd.ts";
import { BULLMQ, type Bullmq, type BullmqRates, installBullmq } from "../rivals/bullmq.ts";
import type { Step } from "../load/step.ts";
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { type Bench, startBench } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "rivals";
const SECONDS = 0.5;

/** Something that is measured once in each round. */
interface Rival {
  server: string;
  asked: string;
  measure(): Promise<BullmqRates>;
}

/** okq, the direct scripts, beanstalkd and BullMQ. */
export const rivals: Measure = {
  name: "rivals",
  title: "Beside other queues",
  about:
    `Events a second with ${BYTES}-byte contents. push: QLPUSH, put, addBulk of 1,000 jobs. consume: a pop with a lease
and its acknowledgement; reserve and delete; one Worker with a concurrency of 100 that does nothing. cycle: both, by the
same connections in turn; with BullMQ at the same time. The last column compares the whole cycle, BullMQ's with
that of pipeline 16. beanstalkd (with \`-f 0\`
on disk before it answers, otherwise in memory) makes the ids itself and looks for no duplicates; okq sqlite is on disk
before it answers.`,
  columns: [
    column("server"),
    column("asked by", "asked"),
    column("push/s", "push"),
    column("consume/s", "consume"),
    column("cycle/s", "cycle"),
    ratioColumn("cycle × direct"),
  ],
  async run(context) {
    await using bench = await startBench();
    await using stack = new AsyncDisposableStack();
    const skipped: Row[] = [];
    const all = [
      ...okqAndDirect(context, bench),
      ...await beanstalkds(context, stack, `${bench.folder}/beanstalkd`, skipped),
      ...await bullmq(context, stack, bench.redis.port, skipped),
    ];
    const rates = new Map<Rival, BullmqRates[]>(all.map((rival) => [rival, []]));
    for (let round = 0; round < context.rounds; round++) {
      context.note(`round ${round + 1}`);
      for (const rival of all) rates.get(rival)!.push(await rival.measure());
      await bench.clear(QUEUE);
    }
    const cycles = (rival: Rival) => rates.get(rival)!.map(({ cycle }) => cycle);
    const rows = all.map((rival) => {
      const middle = (of: keyof BullmqRates) => round(median(rates.get(rival)!.map((rates) => rates[of])));
      const direct = all.find(({ server, asked }) => server === "direct" && asked === rival.asked) ?? all[1];
      return {
        server: rival.server,
        asked: rival.asked,
        push: middle("push"),
        consume: middle("consume"),
        cycle: middle("cycle"),
        ...rival.server === "direct" ? {} : ratioOf(cycles(rival), cycles(direct)),
      };
    });
    return [...rows, ...skipped];
  },
};

/** A server that our client can ask; what it pushes it also consumes. */
function rival(
  { client }: Context,
  server: string,
  port: number,
  pipeline: number,
  steps: { push: Step; pop: Step; ackPopped: Step },
): Rival {
  const { push, pop, ackPopped } = steps;
  const load = { port, connections: CONNECTIONS, pipeline };
  return {
    server,
    asked: `${CONNECTIONS} connections, pipeline ${pipeline}`,
    async measure() {
      const pushed = await client.drive({ ...load, steps: [push], seconds: SECONDS });
      const consumed = await client.drive({ ...load, steps: [pop, ackPopped], events: pushed.events });
      const cycled = await client.drive({ ...load, steps: [push, pop, ackPopped], seconds: SECONDS });
      return { push: pushed.rate, consume: consumed.rate, cycle: cycled.rate };
    },
  };
}

function okqAndDirect(context: Context, bench: Bench): Rival[] {
  return [bench.direct, bench.okq, bench.sqlite].flatMap((system) =>
    [1, 16].map((pipeline) => rival(context, system.name, system.port, pipeline, system.steps(QUEUE, BYTES)))
  );
}

async function beanstalkds(
  context: Context,
  stack: AsyncDisposableStack,
  folder: string,
  skipped: Row[],
): Promise<Rival[]> {
  await Deno.mkdir(folder);
  const started: [string, Beanstalkd][] = [];
  for (const [name, args] of [["beanstalkd", []], ["beanstalkd -b … -f 0", ["-b", folder, "-f", "0"]]] as const) {
    const server = await startBeanstalkd([...args]);
    if (server) started.push([name, stack.use(server)]);
    else skipped.push({ server: name, asked: "skipped: beanstalkd is not installed (apt-get install beanstalkd)" });
  }
  return started.flatMap(([name, { port }]) =>
    [1, 16].map((pipeline) => rival(context, name, port, pipeline, beanstalkdSteps(BYTES)))
  );
}

async function bullmq(
  { full, note }: Context,
  stack: AsyncDisposableStack,
  redisPort: number,
  skipped: Row[],
): Promise<Rival[]> {
  let installed: Bullmq;
  try {
    note(`installing ${BULLMQ.join(" and ")} with npm`);
    installed = stack.use(await installBullmq());
  } catch (error) {
    skipped.push({ server: BULLMQ[0], asked: `skipped: ${error instanceof Error ? error.message : error}` });
    return [];
  }
  const asked = `itself, on Node ${installed.node}`;
  return [{ server: BULLMQ[0], asked, measure: () => installed.measure(redisPort, full ? 40_000 : 20_000) }];
}
