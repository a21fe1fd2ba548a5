/**
 * Many leases that end together, and one push for many waiting consumers.
 *
 * @module
 */
import { delay } from "../../../../core/util/async.ts";
import { connect } from "../../../../tests/support/wire.ts";
import { median } from "../../../stats.ts";
import { Connections } from "../../load/connections.ts";
import { ID, respStep } from "../../load/step.ts";
import { type Context, figure, grouped, type Measure } from "../../measure.ts";
import { startBench, type System } from "../../systems.ts";
import { fill } from "./state.ts";

const QUEUE = "crowd";
const PUSHED = "pushed meanwhile";
const BYTES = 32;
const LEASES = 100_000;
const POPS = 2000;
/** Long enough for the pops and some undisturbed pushes. */
const LEASE_MS = 12_000;
/** Pushes are measured for this time before and after the leases end. */
const BEFORE_SECONDS = 3;
const AFTER_SECONDS = 7;
const POLL_MS = 50;
/** Limits from the end of leases until the events are ready: of one, and of all together. */
const MAX_ONE_READY_MS = 500;
const MAX_ALL_READY_MS = 5000;
const LOAD = { connections: 50, pipeline: 16 };
const WAITERS = 1000;
const LISTEN_MS = 2000;

const ROWS = [
  `${grouped(LEASES)} leases end together: seconds until all events are ready`,
  "pushes per second before",
  "pushes per second meanwhile",
  "the same, × before",
  "pushes in the worst tenth of a second, × before",
  `one push with ${grouped(WAITERS)} consumers waiting: consumers notified`,
];

export const crowds: Measure = {
  name: "crowds",
  title: "Much at once",
  columns: ["what", "okq", "okq sqlite"],
  slow: true,
  async run(context) {
    await using bench = await startBench();
    const systems = [bench.okq, bench.sqlite];
    const measured = ROWS.map(() => systems.map(() => [] as number[]));
    for (let round = 0; round < context.rounds; round++) {
      context.note(`round ${round + 1}`);
      for (const [s, system] of systems.entries()) {
        await endOneLease(system);
        const values = [...await endLeases(context, system), notifyOne(system)];
        values.forEach((value, row) => measured[row][s].push(value));
      }
    }
    return ROWS.map((what, row) => [what, ...measured[row].map(figure)]);
  },
};

/** @throws {Error} if an event is ready later than okq guarantees */
async function endOneLease(system: System): Promise<void> {
  await using wire = await connect({ hostname: "127.0.0.1", port: system.port });
  await wire.command("QLPUSH", QUEUE, "1", "x");
  const end = Date.now() + 1000;
  await wire.command("QRPOP", QUEUE, "EX", `${(end - Date.now()) / 1000}`);
  checkReady(await allReady(system, end), MAX_ONE_READY_MS + POLL_MS);
  await wire.command("QFLUSH", QUEUE);
}

function checkReady(readyMs: number, maxMs: number): void {
  if (readyMs > maxMs) {
    throw new Error(`Events were ready ${readyMs} ms after their leases, and the limit is ${maxMs} ms`);
  }
}

/** Returns the values of all rows but the last. */
async function endLeases({ client }: Context, system: System): Promise<number[]> {
  const { port } = system;
  await fill(system, client, QUEUE, LEASES);
  const end = Date.now() + LEASE_MS;
  for (let popped = 0; popped < LEASES; popped += POPS) {
    const pop = respStep(["QRPOP", QUEUE, "EX", `${(end - Date.now()) / 1000}`], "none", 5, "*2");
    await client.run({ port, connections: 1, pipeline: POPS / 4, steps: [pop], events: POPS });
  }
  const spare = end - BEFORE_SECONDS * 1000 - Date.now();
  if (spare < 0) throw new Error(`Popping ${LEASES} events took longer than their lease`);
  await delay(spare);
  const push = respStep(["QLPUSH", PUSHED, ID, "x".repeat(BYTES)], "sequence", 1, "+OK");
  const load = client.run({ ...LOAD, port, steps: [push], seconds: BEFORE_SECONDS + AFTER_SECONDS });
  const readyMs = await allReady(system, end);
  checkReady(readyMs, MAX_ALL_READY_MS);
  const { began, tenths } = await load;
  const ended = Math.floor((end - began) / 100);
  const affected = tenths.slice(ended, ended + Math.max(1, Math.ceil(readyMs / 100)));
  const before = 10 * median(tenths.slice(10, Math.max(ended, 11)));
  await using wire = await connect({ hostname: "127.0.0.1", port });
  for (const queue of [QUEUE, PUSHED]) await wire.command("QFLUSH", queue);
  const meanwhile = 10 * median(affected);
  return [readyMs / 1000, before, meanwhile, meanwhile / before, 10 * Math.min(...affected) / before];
}

/** Resolves to the milliseconds from `end` until no event of the queue is leased. */
async function allReady({ port }: System, end: number): Promise<number> {
  await using wire = await connect({ hostname: "127.0.0.1", port });
  while (true) {
    const rows = await wire.command("QSTATS", QUEUE);
    if (Array.isArray(rows) && Array.isArray(rows[0]) && rows[0][2] === 0) return Math.max(Date.now() - end, 0);
    await delay(POLL_MS);
  }
}

/** Returns how many consumers are notified of one push; the first pops the event. */
function notifyOne({ port }: System): number {
  const queue = "waited for";
  using waiters = new Connections(port, WAITERS);
  waiters.waitFor(queue);
  waiters.received(LISTEN_MS / 2);
  using producer = new Connections(port, 1);
  producer.request("QLPUSH", queue, "1", "x");
  const notified = new Set<number>();
  const end = performance.now() + LISTEN_MS;
  while (performance.now() < end) {
    for (const waiter of waiters.received(end - performance.now())) {
      if (!notified.has(waiter)) waiters.send(waiter, ["QRPOP", queue, "NOACK"]);
      notified.add(waiter);
    }
  }
  return notified.size;
}
