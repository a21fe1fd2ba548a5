/**
 * The rate of a consumer that uses QCLAIM, beside one that uses QNOTIFY and QRPOP.
 *
 * @module
 */
import { ID, respStep, type Step } from "../load/step.ts";
import { figureAndRatio, type Measure } from "../measure.ts";
import { startBench } from "../systems.ts";

const BATCH = 64;
const BYTES = 32;
const LEASE_SECONDS = "3600";
const QUEUE = "claims";
const SECONDS = 1;
/** Rounds that do not count. */
const WARM_UP = 1;
/** Lines of an event in QCLAIM's reply: its array, queue, id, contents, attempt and receipt. */
const CLAIMED_LINES = 1 + 2 + 2 + 2 + 1 + 2;

/** What a consumer does for each batch, on one connection. */
interface Way {
  way: string;
  batch: number;
  /** Events in the queue at first. */
  events: number;
  join?: Step;
  steps: Step[];
}

const register = respStep(["QREGISTER", QUEUE], "none", 1, "+OK");
const notify = respStep(["QNOTIFY", "10"], "none", 2, "$");
const pop: Step = {
  ...respStep(["QRPOP", QUEUE, "EX", LEASE_SECONDS], "none", 5, "*2"),
  popped: { line: 2, from: 0 },
};
const ack = respStep(["QACK", QUEUE, ID], "popped", 1, ":1");

function claim(count: number): Step {
  const args = ["QCLAIM", "COUNT", `${count}`, "EX", LEASE_SECONDS, "BLOCK", "10", "QUEUES", QUEUE];
  return {
    ...respStep(args, "none", 1 + count * CLAIMED_LINES, `*${count}`),
    popped: { line: 5, from: 0, every: CLAIMED_LINES },
    events: count,
  };
}

const WAYS: Way[] = [
  { way: "QNOTIFY, QRPOP, QACK", batch: 1, events: BATCH * 32, join: register, steps: [notify, pop, ack] },
  { way: "QCLAIM, QACK", batch: 1, events: BATCH * 32, steps: [claim(1), ack] },
  {
    way: `QNOTIFY, ${BATCH} QRPOPs, ${BATCH} QACKs`,
    batch: BATCH,
    events: BATCH * 400,
    join: register,
    steps: [{ ...notify, events: BATCH }, pop, ack],
  },
  { way: `QCLAIM COUNT ${BATCH}, ${BATCH} QACKs`, batch: BATCH, events: BATCH * 400, steps: [claim(BATCH), ack] },
];

export const claims: Measure = {
  name: "claims",
  title: "One consumer, with QCLAIM and without",
  columns: ["for each batch", "okq, events/s", "okq sqlite, events/s"],
  async run({ client, rounds, note }) {
    await using bench = await startBench();
    const systems = [bench.okq, bench.sqlite];
    const rates = WAYS.map(() => systems.map(() => [] as number[]));
    for (const [s, { name, port, steps }] of systems.entries()) {
      note(name);
      const { push } = steps(QUEUE, BYTES);
      for (let round = 0; round < WARM_UP + rounds; round++) {
        for (const [w, { batch, events, join, steps }] of WAYS.entries()) {
          await client.run({ port, connections: 50, pipeline: 16, steps: [push], events });
          const load = { port, connections: 1, pipeline: batch, join, steps, events, seconds: SECONDS };
          const { rate } = await client.run(load);
          if (round >= WARM_UP) rates[w][s].push(rate);
          await bench.clear(QUEUE);
        }
      }
    }
    return WAYS.map(({ way }, w) => [way, ...rates[w].map((rate, s) => figureAndRatio(rate, rates[0][s]))]);
  },
};
