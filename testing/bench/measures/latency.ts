/**
 * The time until a waiting consumer is notified.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { median, quantile } from "../../stats.ts";
import type { ConsumerCommands, Exchange } from "../load/latency_probe.ts";
import { contentsOf } from "../load/step.ts";
import { type Context, figure, grouped, type Measure, medianRatio, ratio } from "../measure.ts";
import { startBench } from "../systems.ts";

const CONSUMERS = 64;
const CONTENTS = contentsOf(32);
const SECONDS = 2;
/** Rounds that do not count: V8 compiles hot code. */
const WARM_UP = 1;

/** Limits of QCLAIM BLOCK on Redis, compared with BLPOP at `rate` events per second. */
const BARS = { rate: 1000, p50: 2.5, p99: 5 };
/** Of the rate; the last events due may come after the end. */
const LEAST_REACHED = 0.99;

const exchange = (lines: number, ...command: string[]): Exchange => ({
  bytes: Uint8Array.from(encodeCommand(command)),
  lines,
});

const notified = (_: unknown, i: number): ConsumerCommands => ({
  join: exchange(1, "QREGISTER", `latency-${i}`),
  wait: exchange(2, "QNOTIFY", "3600"),
  take: exchange(5, "QRPOP", `latency-${i}`, "NOACK"),
  push: exchange(1, "QLPUSH", `latency-${i}`, "id", CONTENTS),
});

/** Acknowledges the event before it waits again. */
export const claiming = (_: unknown, i: number): ConsumerCommands => ({
  wait: exchange(11, "QCLAIM", "BLOCK", "0", "QUEUES", `latency-${i}`),
  take: exchange(1, "QACK", `latency-${i}`, "id"),
  push: exchange(1, "QLPUSH", `latency-${i}`, "id", CONTENTS),
});

/** BLPOP also takes the event, and nothing is left to acknowledge. */
const blpop = (_: unknown, i: number): ConsumerCommands => ({
  wait: exchange(5, "BLPOP", `latency-${i}`, "0"),
  push: exchange(1, "RPUSH", `latency-${i}`, CONTENTS),
});

interface Server {
  server: string;
  port: number;
  consumer(_: unknown, i: number): ConsumerCommands;
}

/** A figure of each round. */
interface Rounds {
  p50: number[];
  p99: number[];
  reached: number[];
}

export const latency: Measure = {
  name: "latency",
  title: "Latency of waking",
  columns: ["events/s", "server", "reached", "p50 ms", "p99 ms", "p50 × BLPOP", "p99 × BLPOP"],
  async run(context) {
    await using bench = await startBench();
    const servers: Server[] = [
      { server: "BLPOP", port: bench.redis.port, consumer: blpop },
      ...[bench.okq, bench.sqlite].flatMap(({ name, port }) => [
        { server: `${name}, QCLAIM BLOCK`, port, consumer: claiming },
        { server: `${name}, QNOTIFY`, port, consumer: notified },
      ]),
    ];
    const rows: string[][] = [];
    for (const rate of [1000, 10_000]) {
      context.note(`${rate} events/s`);
      const measured = await measure(context, servers, rate);
      for (const [s, { p50, p99, reached }] of measured.entries()) {
        const ratios = s === 0 ? ["", ""] : [ratio(p50, measured[0].p50), ratio(p99, measured[0].p99)];
        rows.push([
          ...[grouped(rate), servers[s].server, grouped(Math.round(median(reached)))],
          ...[figure(p50), figure(p99), ...ratios],
        ]);
      }
      check(context, rate, measured[0], measured[servers.findIndex(({ server }) => server === "okq, QCLAIM BLOCK")]);
    }
    return rows;
  },
};

async function measure({ client, rounds }: Context, servers: Server[], rate: number): Promise<Rounds[]> {
  const measured = servers.map((): Rounds => ({ p50: [], p99: [], reached: [] }));
  for (let round = 0; round < WARM_UP + rounds; round++) {
    for (const [s, { port, consumer }] of servers.entries()) {
      const consumers = Array.from({ length: CONSUMERS }, consumer);
      const times = await client.latency({ port, consumers, rate, seconds: SECONDS });
      if (round < WARM_UP) continue;
      measured[s].p50.push(quantile(times, 0.5));
      measured[s].p99.push(quantile(times, 0.99));
      measured[s].reached.push(times.length / SECONDS);
    }
  }
  return measured;
}

function check({ missed }: Context, rate: number, blpop: Rounds, claims: Rounds): void {
  const reached = median(claims.reached);
  if (reached < rate * LEAST_REACHED) missed(`QCLAIM BLOCK reaches ${Math.round(reached)} of ${rate} events/s`);
  if (rate !== BARS.rate) return;
  for (const field of ["p50", "p99"] as const) {
    const times = medianRatio(claims[field], blpop[field]);
    if (times <= BARS[field]) continue;
    missed(`${field} of QCLAIM BLOCK is ${times} × BLPOP's at ${rate} events/s, above ${BARS[field]}`);
  }
}
