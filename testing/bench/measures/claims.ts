/**
 * What one consumer gets through that takes events in one command, beside one that is told and then pops.
 *
 * @module
 */
import { ID, respStep, type Step } from "../load/step.ts";
import { column, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { startBench } from "../systems.ts";

const BATCH = 64;
const BYTES = 32;
const LEASE_SECONDS = "3600";
const QUEUE = "claims";
/** How long each way goes on, if there are events enough. */
const SECONDS = 1;
/** Lines of an event in QCLAIM's reply: of its array, its queue, id, contents, attempt and receipt. */
const CLAIMED_LINES = 1 + 2 + 2 + 2 + 1 + 2;

/** A way to consume, on one connection. */
interface Way {
  way: string;
  /** Events of a turn. */
  batch: number;
  /** How many events there are to be consumed. */
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

/** Takes so many events, which must be there. */
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

/** One consumer, with and without QCLAIM. */
export const claims: Measure = {
  name: "claims",
  title: "One consumer, with QCLAIM and without",
  about:
    `Events that one connection takes, with a lease, and acknowledges in a second, of a queue that has enough of them,
with ${BYTES}-byte contents; and the ratio to a consumer that is told of each event, pops it, and acknowledges it. Each
command waits for the replies to those before; only ${BATCH} equal ones travel together.`,
  columns: [column("server"), column("each time", "way"), column("events/s", "rate"), ratioColumn("× one by one")],
  async run({ client, rounds, note }) {
    await using bench = await startBench();
    const rows: Row[] = [];
    for (const system of [bench.okq, bench.sqlite]) {
      note(system.name);
      const { port } = system;
      const { push } = system.steps(QUEUE, BYTES);
      const rates = WAYS.map(() => [] as number[]);
      const warmUp = 1;
      for (let turn = 0; turn < warmUp + rounds; turn++) {
        for (const [i, { batch, events, join, steps }] of WAYS.entries()) {
          await client.drive({ port, connections: 50, pipeline: 16, steps: [push], events });
          const load = { port, connections: 1, pipeline: batch, join, steps, events, seconds: SECONDS };
          const { rate } = await client.drive(load);
          if (turn >= warmUp) rates[i].push(rate);
          await bench.clear(QUEUE);
        }
      }
      for (const [i, { way }] of WAYS.entries()) {
        const ratio = i === 0 ? {} : ratioOf(rates[i], rates[0]);
        rows.push({ server: system.name, way, rate: round(median(rates[i])), ...ratio });
      }
    }
    return rows;
  },
};
