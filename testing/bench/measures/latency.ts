/**
 * The time until a waiting consumer is notified.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { median, quantile } from "../../stats.ts";
import type { ConsumerCommands, Exchange } from "../load/latency_probe.ts";
import { contentsOf } from "../load/step.ts";
import { figure, grouped, type Measure, ratio } from "../measure.ts";
import { startBench } from "../systems.ts";

const CONSUMERS = 64;
const CONTENTS = contentsOf(32);
const SECONDS = 2;

const exchange = (lines: number, ...command: string[]): Exchange => ({
  bytes: Uint8Array.from(encodeCommand(command)),
  lines,
});

const okqConsumer = (_: unknown, i: number): ConsumerCommands => ({
  join: exchange(1, "QREGISTER", `latency-${i}`),
  wait: exchange(2, "QNOTIFY", "3600"),
  take: exchange(5, "QRPOP", `latency-${i}`, "NOACK"),
  push: exchange(1, "QLPUSH", `latency-${i}`, "id", CONTENTS),
});

/** BLPOP also takes the event. */
const blpopConsumer = (_: unknown, i: number): ConsumerCommands => ({
  wait: exchange(5, "BLPOP", `latency-${i}`, "0"),
  push: exchange(1, "RPUSH", `latency-${i}`, CONTENTS),
});

export const latency: Measure = {
  name: "latency",
  title: "Latency of waking",
  columns: ["events/s", "server", "reached", "p50 ms", "p99 ms", "p50 × BLPOP", "p99 × BLPOP"],
  async run({ client, rounds, note }) {
    await using bench = await startBench();
    const servers = [
      { server: "BLPOP", port: bench.redis.port, consumer: blpopConsumer },
      { server: "okq", port: bench.okq.port, consumer: okqConsumer },
      { server: "okq sqlite", port: bench.sqlite.port, consumer: okqConsumer },
    ];
    const rows: string[][] = [];
    for (const rate of [1000, 10_000]) {
      note(`${rate} events/s`);
      const measured = servers.map(() => ({ p50: [] as number[], p99: [] as number[], reached: [] as number[] }));
      for (let round = 0; round < rounds; round++) {
        for (const [s, { port, consumer }] of servers.entries()) {
          const consumers = Array.from({ length: CONSUMERS }, consumer);
          const times = await client.latency({ port, consumers, rate, seconds: SECONDS });
          measured[s].p50.push(quantile(times, 0.5));
          measured[s].p99.push(quantile(times, 0.99));
          measured[s].reached.push(times.length / SECONDS);
        }
      }
      const [blpop] = measured;
      for (const [s, { p50, p99, reached }] of measured.entries()) {
        const ratios = s === 0 ? ["", ""] : [ratio(p50, blpop.p50), ratio(p99, blpop.p99)];
        rows.push([
          grouped(rate),
          servers[s].server,
          grouped(Math.round(median(reached))),
          figure(p50),
          figure(p99),
          ...ratios,
        ]);
      }
    }
    return rows;
  },
};
