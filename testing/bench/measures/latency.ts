/**
 * How long a consumer that waits is in the dark.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import type { Bell, Question } from "../load/latency_client.ts";
import { contentsOf } from "../load/step.ts";
import { column, type Measure, ratioColumn, type Row } from "../measure.ts";
import { median, quantile, ratioOf, round } from "../../stats.ts";
import { startBench } from "../systems.ts";

const CONSUMERS = 64;
const CONTENTS = contentsOf(32);

const ask = (lines: number, ...command: string[]): Question => ({
  bytes: Uint8Array.from(encodeCommand(command)),
  lines,
});

/** A consumer of okq: QNOTIFY, and QRPOP when told. */
const okqBell = (_: unknown, i: number): Bell => ({
  join: ask(1, "QREGISTER", `latency-${i}`),
  wait: ask(2, "QNOTIFY", "3600"),
  take: ask(5, "QRPOP", `latency-${i}`, "NOACK"),
  push: ask(1, "QLPUSH", `latency-${i}`, "id", CONTENTS),
});

/** A consumer of a Redis list, which takes the event in the same step. */
const blpopBell = (_: unknown, i: number): Bell => ({
  wait: ask(5, "BLPOP", `latency-${i}`, "0"),
  push: ask(1, "RPUSH", `latency-${i}`, CONTENTS),
});

/** Latency of QNOTIFY beside BLPOP. */
export const latency: Measure = {
  name: "latency",
  title: "Latency of waking",
  about:
    `Milliseconds from the push on one connection to the answer of a consumer that waits on another, with ${CONSUMERS}
consumers, each on a queue of its own, and 32-byte contents; BLPOP on the same Redis, by the same program. Events are
pushed at even times, to the consumer that has waited longest; where "reached" is less than what was asked for, there was
no consumer left that waited, and the times are those of a server with too much to do. At 1/s, p99 is the slowest of a
round.`,
  columns: [
    column("events/s asked", "asked"),
    column("server"),
    column("reached"),
    column("p50 ms", "p50"),
    column("p99 ms", "p99"),
    ratioColumn("p50 × BLPOP", "p50ratio"),
    ratioColumn("p99 × BLPOP", "p99ratio"),
  ],
  async run({ client, full, rounds, note }) {
    await using bench = await startBench();
    const servers = [
      { server: "BLPOP", port: bench.redis.port, bell: blpopBell },
      { server: "okq", port: bench.okq.port, bell: okqBell },
      { server: "okq sqlite", port: bench.sqlite.port, bell: okqBell },
    ];
    const rows: Row[] = [];
    for (const [rate, seconds] of full ? [[1, 40], [1000, 5], [10_000, 5]] : [[1000, 2], [10_000, 2]]) {
      note(`${rate} events/s`);
      const measured = servers.map(() => ({ p50: [] as number[], p99: [] as number[], reached: [] as number[] }));
      for (let i = 0; i < rounds; i++) {
        for (const [s, { port, bell }] of servers.entries()) {
          const times = await client.latency({ port, bells: Array.from({ length: CONSUMERS }, bell), rate, seconds });
          measured[s].p50.push(quantile(times, 0.5));
          measured[s].p99.push(quantile(times, 0.99));
          measured[s].reached.push(times.length / seconds);
        }
      }
      const [blpop] = measured;
      for (const [s, { p50, p99, reached }] of measured.entries()) {
        rows.push({
          asked: rate,
          server: servers[s].server,
          reached: round(median(reached)),
          p50: round(median(p50)),
          p99: round(median(p99)),
          ...s === 0 ? {} : { ...ratioOf(p50, blpop.p50, "p50ratio"), ...ratioOf(p99, blpop.p99, "p99ratio") },
        });
      }
    }
    return rows;
  },
};
