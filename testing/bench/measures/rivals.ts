/**
 * okq beside other queues, each used as its documentation recommends.
 *
 * @module
 */
import type { Step } from "../load/step.ts";
import { type Context, figure, type Measure, ratio } from "../measure.ts";
import { beanstalkdSteps, startBeanstalkd } from "../rivals/beanstalkd.ts";
import { BULLMQ, installBullmq } from "../rivals/bullmq.ts";
import { startBench, type System } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "rivals";
const SECONDS = 0.5;
const BULLMQ_JOBS = 20_000;
/** Rounds that do not count: V8 compiles hot code. */
const WARM_UP = 1;

/** Redis syncs its append-only file before it replies. */
const SYNCED = ", appendfsync always";

/** Events per second. */
interface Rates {
  push: number;
  consume: number;
  /** Both at the same time. */
  cycle: number;
}

interface Rival {
  server: string;
  client: string;
  measure(): Promise<Rates>;
}

export const rivals: Measure = {
  name: "rivals",
  title: "Beside other queues",
  columns: ["server", "client", "push/s", "consume/s", "cycle/s", "cycle × direct"],
  async run(context) {
    await using bench = await startBench();
    await using synced = await startBench({ durable: true });
    await using stack = new AsyncDisposableStack();
    const rivals = [
      ...[bench.direct, bench.okq, bench.sqlite].flatMap((system) => pipelines(context, system)),
      ...await beanstalkds(context, stack, `${bench.folder}/beanstalkd`),
      ...[synced.direct, synced.okq].flatMap((system) => pipelines(context, system, SYNCED)),
      ...await bullmq(context, stack, [["", bench.redis.port], [SYNCED, synced.redis.port]]),
    ];
    const rates = rivals.map(() => [] as Rates[]);
    for (let round = 0; round < WARM_UP + context.rounds; round++) {
      context.note(round < WARM_UP ? "warm-up" : `round ${round + 1 - WARM_UP}`);
      for (const [i, rival] of rivals.entries()) {
        const measured = await rival.measure();
        if (round >= WARM_UP) rates[i].push(measured);
      }
      for (const { clear } of [bench, synced]) await clear(QUEUE);
    }
    const of = (i: number, field: keyof Rates) => rates[i].map((rates) => rates[field]);
    return rivals.map(({ server, client }, i) => {
      const base = baseOf(rivals, rivals[i]);
      const cycle = base === i ? "" : ratio(of(i, "cycle"), of(base, "cycle"));
      return [server, client, figure(of(i, "push")), figure(of(i, "consume")), figure(of(i, "cycle")), cycle];
    });
  },
};

/** The index of the direct script on a Redis with the same settings; BullMQ is compared with pipeline 16. */
function baseOf(rivals: Rival[], { server, client }: Rival): number {
  const direct = server.endsWith(SYNCED) ? `direct${SYNCED}` : "direct";
  const same = rivals.findIndex((rival) => rival.server === direct && rival.client === client);
  return same >= 0 ? same : rivals.findLastIndex((rival) => rival.server === direct);
}

/** Our own client consumes what it has pushed. */
function rival(
  { client }: Context,
  server: string,
  port: number,
  pipeline: number,
  { push, pop, ackPopped }: { push: Step; pop: Step; ackPopped: Step },
): Rival {
  const load = { port, connections: CONNECTIONS, pipeline };
  return {
    server,
    client: `${CONNECTIONS} connections, pipeline ${pipeline}`,
    async measure() {
      const pushed = await client.run({ ...load, steps: [push], seconds: SECONDS });
      const consumed = await client.run({ ...load, steps: [pop, ackPopped], events: pushed.events });
      const cycled = await client.run({ ...load, steps: [push, pop, ackPopped], seconds: SECONDS });
      return { push: pushed.rate, consume: consumed.rate, cycle: cycled.rate };
    },
  };
}

function pipelines(context: Context, { name, port, steps }: System, settings = ""): Rival[] {
  return [1, 16].map((pipeline) => rival(context, `${name}${settings}`, port, pipeline, steps(QUEUE, BYTES)));
}

async function beanstalkds(context: Context, stack: AsyncDisposableStack, folder: string): Promise<Rival[]> {
  await Deno.mkdir(folder);
  const rivals: Rival[] = [];
  for (const [name, args] of [["beanstalkd", []], ["beanstalkd -b … -f 0", ["-b", folder, "-f", "0"]]] as const) {
    const server = await startBeanstalkd([...args]);
    if (!server) {
      context.note(`${name} is skipped: beanstalkd is not installed (apt-get install beanstalkd)`);
      continue;
    }
    const { port } = stack.use(server);
    rivals.push(...[1, 16].map((pipeline) => rival(context, name, port, pipeline, beanstalkdSteps(BYTES))));
  }
  return rivals;
}

async function bullmq(
  { note }: Context,
  stack: AsyncDisposableStack,
  redises: [settings: string, port: number][],
): Promise<Rival[]> {
  try {
    note(`installing ${BULLMQ.join(" and ")} with npm`);
    const { node, measure } = await installBullmq(stack);
    return redises.map(([settings, port]) => ({
      server: `${BULLMQ[0]}${settings}`,
      client: `its own client, Node ${node}`,
      async measure() {
        const rates = await measure(port, BULLMQ_JOBS, ["add1000", "process100", "cycle"]);
        return { push: rates.add1000, consume: rates.process100, cycle: rates.cycle };
      },
    }));
  } catch (error) {
    note(`${BULLMQ[0]} is skipped: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}
