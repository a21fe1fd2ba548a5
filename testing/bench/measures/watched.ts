/**
 * What it costs to be watched by Prometheus and by an operator.
 *
 * @module
 */
import { freePort } from "../../../tests/support/redis_server.ts";
import { column, type Context, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, ratioOf, round } from "../../stats.ts";
import { startBench, type System } from "../systems.ts";
import { BYTES, fillQueues } from "./states.ts";

const CONNECTIONS = 50;
const QUEUE = "watched";
/** Queues that hold an event besides. */
const QUEUES = 10_000;
/** For how long the load goes on each time. */
const SECONDS = 4;
/** The load goes on so many times a round. */
const TIMES = 2;
/** As often as anybody has Prometheus ask, in milliseconds; it asks every minute unless told otherwise. */
const SCRAPE_MS = 1000;
/** As the page does, in milliseconds. */
const LOOK_MS = 2000;

/** The whole cycle on a server that is watched, beside the same one left alone. */
export const watched: Measure = {
  name: "watched",
  title: "Watched",
  about:
    `Events a second through push, pop and acknowledgement, ${CONNECTIONS} connections, ${BYTES}-byte contents, on a
server with ${QUEUES.toLocaleString("en-US")} queues, while /metrics is asked for every second and an operator has the
page of all queues open (which asks every two seconds), and the ratio to the same server left alone in turn. What asks
throws the answers away: drawing them costs the operator's machine.`,
  columns: [
    column("server"),
    column("pipeline"),
    column("events/s, left alone", "alone"),
    column("events/s, watched", "rate"),
    ratioColumn("× left alone"),
  ],
  slow: true,
  async run(context) {
    const ports = { okq: freePort(), sqlite: freePort() };
    await using bench = await startBench(ports);
    const rows: Row[] = [];
    for (const which of ["okq", "sqlite"] as const) {
      await fillQueues(bench[which], context.client, QUEUES);
      for (const pipeline of [1, 16]) {
        context.note(`${bench[which].name}, pipeline ${pipeline}`);
        rows.push(await compare(context, bench[which], ports[which], pipeline));
      }
    }
    return rows;
  },
};

async function compare({ client, rounds }: Context, system: System, http: number, pipeline: number): Promise<Row> {
  const { push, pop, ackPopped } = system.steps(QUEUE, BYTES);
  let firstId = 0;
  const drive = async (seconds: number) => {
    const load = { port: system.port, connections: CONNECTIONS, pipeline, steps: [push, pop, ackPopped] };
    const { events, rate } = await client.drive({ ...load, seconds, firstId });
    firstId += events;
    return rate;
  };
  const rates = { alone: [] as number[], watched: [] as number[] };
  const alone = async () => rates.alone.push(await drive(SECONDS));
  const watched = async () => {
    const watcher = new Watcher(http);
    rates.watched.push(await drive(SECONDS));
    await watcher.end();
  };
  await drive(1);
  for (let turn = 0; turn < rounds * TIMES; turn++) {
    for (const measure of turn % 2 === 0 ? [alone, watched] : [watched, alone]) await measure();
  }
  const figures = { alone: round(median(rates.alone)), rate: round(median(rates.watched)) };
  return { server: system.name, pipeline, ...figures, ...ratioOf(rates.watched, rates.alone) };
}

/** A Prometheus and a page, as far as okq sees them. */
class Watcher {
  #timers: ReturnType<typeof setInterval>[] = [];
  #answers: Promise<void>[] = [];

  /** @param port where okq listens for HTTP */
  constructor(port: number) {
    const page = new URLSearchParams({ search: "", sort: "ready", order: "down", from: "0", count: "50" });
    this.#keepAsking(`http://127.0.0.1:${port}/metrics`, SCRAPE_MS);
    this.#keepAsking(`http://127.0.0.1:${port}/api/queues?${page}`, LOOK_MS);
  }

  /** Asks no more. @throws {Error} if something was not answered well */
  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#answers);
  }

  #keepAsking(url: string, everyMs: number): void {
    const ask = () => this.#answers.push(answer(url));
    ask();
    this.#timers.push(setInterval(ask, everyMs));
  }
}

async function answer(url: string): Promise<void> {
  const response = await fetch(url);
  const { length } = await response.bytes();
  if (!response.ok || length === 0) throw new Error(`Asking ${url} failed: okq answered with ${response.status}`);
}
