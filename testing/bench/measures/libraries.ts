/**
 * okq's client library beside BullMQ, by the four figures that BullMQ is usually quoted with.
 *
 * @module
 */
import { figure, figureAndRatio, type Measure } from "../measure.ts";
import { BULLMQ, installBullmq } from "../rivals/bullmq.ts";
import { runProgram } from "../rivals/run_program.ts";
import { startBench } from "../systems.ts";

/** A multiple of 50, also when it is divided by 4 for the warm-up. */
const EVENTS = 10_000;

/** In an order that leaves the queue empty. */
const WORKS = ["addOne", "process1", "add50", "process100"] as const;

type Rates = Record<typeof WORKS[number], number>;

interface Library {
  library: string;
  measure(): Promise<Rates>;
}

export const libraries: Measure = {
  name: "libraries",
  title: "Client libraries",
  columns: ["library", "add one by one", "one worker, concurrency 1", "add 50 at once", "one worker, concurrency 100"],
  slow: true,
  async run({ rounds, note }) {
    await using bench = await startBench();
    await using stack = new AsyncDisposableStack();
    note(`installing ${BULLMQ.join(" and ")} with npm`);
    const { node, measure } = await installBullmq(stack);
    const libraries: Library[] = [
      { library: `${BULLMQ[0]}, Node ${node}`, measure: () => measure(bench.redis.port, EVENTS, WORKS) },
      ...[bench.okq, bench.sqlite].map(({ name, port }) => ({ library: name, measure: () => measureOkq(port) })),
    ];
    const measured = libraries.map(() => [] as Rates[]);
    for (let round = 0; round < rounds; round++) {
      note(`round ${round + 1}`);
      for (const [i, library] of libraries.entries()) measured[i].push(await library.measure());
    }
    const ratesOf = (i: number, work: keyof Rates) => measured[i].map((rates) => rates[work]);
    return libraries.map(({ library }, i) => [
      library,
      ...WORKS.map((work) => i === 0 ? figure(ratesOf(i, work)) : figureAndRatio(ratesOf(i, work), ratesOf(0, work))),
    ]);
  },
};

/** In Deno, by a process of its own. */
async function measureOkq(port: number): Promise<Rates> {
  const { pathname } = new URL("../rivals/okq_program.ts", import.meta.url);
  const args = ["run", "--no-prompt", "--no-check", "--allow-net", pathname, `${port}`, `${EVENTS}`, WORKS.join(",")];
  return JSON.parse(await runProgram(Deno.execPath(), args));
}
