/**
 * okq beside other queues, each used as its documentation recommends.
 *
 * @module
 */
import type { Step } from "../load/step.ts";
import { type Context, figure, type Measure, ratio } from "../measure.ts";
import { beanstalkdSteps, startBeanstalkd } from "../rivals/beanstalkd.ts";
import { BULLMQ, type BullmqRates, installBullmq } from "../rivals/bullmq.ts";
import { type Bench, startBench } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "rivals";
const SECONDS = 0.5;
const BULLMQ_JOBS = 20_000;

interface Rival {
  server: string;
  client: string;
  measure(): Promise<BullmqRates>;
}

export const rivals: Measure = {
  name: "rivals",
  title: "Beside other queues",
  columns: ["server", "client", "push/s", "consume/s", "cycle/s", "cycle × direct"],
  async run(context) {
    await using bench = await startBench();
    await using stack = new AsyncDisposableStack();
    const rivals = [
      ...okqAndDirect(context, bench),
      ...await beanstalkds(context, stack, `${bench.folder}/beanstalkd`),
      ...await bullmq(context, stack, bench.redis.port),
    ];
    const rates = rivals.map(() => [] as BullmqRates[]);
    for (let round = 0; round < context.rounds; round++) {
      context.note(`round ${round + 1}`);
      for (const [i, rival] of rivals.entries()) rates[i].push(await rival.measure());
      await bench.clear(QUEUE);
    }
    const of = (i: number, field: keyof BullmqRates) => rates[i].map((rates) => rates[field]);
    return rivals.map(({ server, client }, i) => {
      const direct = rivals.findIndex((rival) => rival.server === "direct" && rival.client === client);
      const base = direct >= 0 ? direct : 1; // BullMQ beside pipeline 16
      const cycle = server === "direct" ? "" : ratio(of(i, "cycle"), of(base, "cycle"));
      return [server, client, figure(of(i, "push")), figure(of(i, "consume")), figure(of(i, "cycle")), cycle];
    });
  },
};

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

function okqAndDirect(context: Context, bench: Bench): Rival[] {
  return [bench.direct, bench.okq, bench.sqlite].flatMap(({ name, port, steps }) =>
    [1, 16].map((pipeline) => rival(context, name, port, pipeline, steps(QUEUE, BYTES)))
  );
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

async function bullmq({ note }: Context, stack: AsyncDisposableStack, redisPort: number): Promise<Rival[]> {
  try {
    note(`installing ${BULLMQ.join(" and ")} with npm`);
    const { node, measure } = await installBullmq(stack);
    const client = `its own client, Node ${node}`;
    return [{ server: BULLMQ[0], client, measure: () => measure(redisPort, BULLMQ_JOBS) }];
  } catch (error) {
    note(`${BULLMQ[0]} is skipped: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}
