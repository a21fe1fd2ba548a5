/**
 * What happens when much happens at once: leases that end together, and one push with many waiting for it.
 *
 * @module
 */
import { connect } from "../../../tests/support/wire.ts";
import { Crowd } from "../load/crowd.ts";
import { ID, respStep } from "../load/step.ts";
import { column, type Context, type Measure, type Row } from "../measure.ts";
import { sleep } from "../../proc.ts";
import { median, round } from "../../stats.ts";
import { startBench, type System } from "../systems.ts";
import { BYTES, fill, QUEUE } from "./states.ts";

const LEASES = 100_000;
/** Events popped before the time that is left is looked at again, in ms of which all leases end. */
const POPS = 2000;
/** From the first pop to the end of the leases, in milliseconds: popping and a second of undisturbed pushes. */
const LEASE_MS = 12_000;
/** Pushes are measured for so long before and after the leases end, in seconds. */
const BEFORE_SECONDS = 3;
const AFTER_SECONDS = 7;
const LOOK_MS = 50;
const LOAD = { connections: 50, pipeline: 16 };
const WAITERS = 1000;
const LISTEN_MS = 2000;

/** Leases that end together, and one push for 1,000 waiters. */
export const crowds: Measure = {
  name: "crowds",
  title: "Much at once",
  about: `${
    LEASES.toLocaleString("en-US")
  } leases that end within a moment: how long until all events are ready again, and
pushes to another queue meanwhile (${LOAD.connections} connections, pipeline ${LOAD.pipeline}) against those of the seconds
before. One push to a queue for which ${
    WAITERS.toLocaleString("en-US")
  } QNOTIFYs wait: how many answer within two seconds if
the first pops the event.`,
  columns: [column("what"), column("server"), column("value"), column("unit")],
  slow: true,
  async run(context) {
    await using bench = await startBench();
    const rounds: Row[][] = [];
    for (let i = 0; i < context.rounds; i++) {
      context.note(`round ${i + 1}`);
      const rows: Row[] = [];
      for (const system of [bench.okq, bench.sqlite]) rows.push(...await leasesEnd(context, system), wakeOne(system));
      rounds.push(rows);
    }
    return rounds[0].map((row, i) => ({ ...row, value: round(median(rounds.map((rows) => Number(rows[i].value)))) }));
  },
};

async function leasesEnd({ client }: Context, system: System): Promise<Row[]> {
  await fill(system, client, LEASES);
  const end = Date.now() + LEASE_MS;
  for (let popped = 0; popped < LEASES; popped += POPS) {
    const pop = respStep(["QRPOP", QUEUE, "EX", `${(end - Date.now()) / 1000}`], "none", 5, "*2");
    await client.drive({ port: system.port, connections: 1, pipeline: POPS / 4, steps: [pop], events: POPS });
  }
  const spare = end - BEFORE_SECONDS * 1000 - Date.now();
  if (spare < 0) throw new Error(`Popping ${LEASES} events took longer than their lease`);
  await sleep(spare);
  const push = respStep(["QLPUSH", "pushed meanwhile", ID, "x".repeat(BYTES)], "sequence", 1, "+OK");
  const load = client.drive({ ...LOAD, port: system.port, steps: [push], seconds: BEFORE_SECONDS + AFTER_SECONDS });
  const back = await allReady(system, end);
  const { began, tenths } = await load;
  const split = Math.floor((end - began) / 100);
  const pushes = (from: number, to: number) => 10 * median(tenths.slice(from, Math.max(to, from + 1)));
  const before = pushes(10, split);
  const meanwhile = pushes(split, split + Math.ceil(back / 100));
  const worst = 10 * Math.min(...tenths.slice(split, split + Math.ceil(back / 100)));
  await using wire = await connect({ hostname: "127.0.0.1", port: system.port });
  for (const queue of [QUEUE, "pushed meanwhile"]) await wire.command("QFLUSH", queue);
  const server = system.name;
  return [
    { what: "leases end together: all ready after", server, value: back / 1000, unit: "s" },
    { what: "pushes before", server, value: before, unit: "/s" },
    { what: "pushes meanwhile", server, value: meanwhile, unit: "/s" },
    { what: "pushes meanwhile, × before", server, value: meanwhile / before, unit: "" },
    { what: "pushes in the worst tenth of a second, × before", server, value: worst / before, unit: "" },
  ];
}

/** Resolves to the time from `end` until no event of the queue is being processed, in milliseconds. */
async function allReady(system: System, end: number): Promise<number> {
  await using wire = await connect({ hostname: "127.0.0.1", port: system.port });
  while (true) {
    const rows = await wire.command("QSTATS", QUEUE);
    if (Array.isArray(rows) && Array.isArray(rows[0]) && rows[0][2] === 0) return Math.max(Date.now() - end, 0);
    await sleep(LOOK_MS);
  }
}

function wakeOne(system: System): Row {
  const queue = "waited for";
  using waiters = new Crowd(system.port, WAITERS);
  waiters.waitFor(queue);
  waiters.answered(LISTEN_MS / 2);
  using producer = new Crowd(system.port, 1);
  producer.ask("QLPUSH", queue, "1", "x");
  const told = new Set<number>();
  const end = performance.now() + LISTEN_MS;
  while (performance.now() < end) {
    for (const waiter of waiters.answered(end - performance.now())) {
      if (!told.has(waiter)) waiters.tell(["QRPOP", queue, "NOACK"], waiter);
      told.add(waiter);
    }
  }
  const what = `one push with ${WAITERS.toLocaleString("en-US")} waiting: told`;
  return { what, server: system.name, value: told.size, unit: "" };
}
