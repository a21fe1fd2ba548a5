/**
 * The sampled values, and by how much each may rise from the median of the second quarter of the time, when everything
 * is warm, to that of the last.
 *
 * @module
 */
import { infoOf, sendToRedis } from "../../tests/support/redis_command.ts";
import type { Wire } from "../../tests/support/wire.ts";
import type { OkqProcess } from "../okq_process.ts";
import type { Allowance } from "../stats.ts";
import type { TestStore } from "../stores.ts";
import { MIB } from "./workload.ts";

export interface Series {
  name: string;
  unit: string;
  allowance: Allowance;
}

const OKQ_SERIES: readonly Series[] = [
  { name: "resident memory of okq", unit: "MiB", allowance: { factor: 1.2, plus: 32 } },
  { name: "heap of okq", unit: "MiB", allowance: { factor: 1.3, plus: 24 } },
  { name: "open files and sockets of okq", unit: "", allowance: { factor: 1.1, plus: 16 } },
  { name: "connected clients", unit: "", allowance: { factor: 1.1, plus: 16 } },
  { name: "events in all queues", unit: "", allowance: { factor: 1.5, plus: 1000 } },
];

const SQLITE_SERIES: readonly Series[] = [
  { name: "SQLite files", unit: "MiB", allowance: { factor: 1.1, plus: 32 } },
];

const REDIS_SERIES: readonly Series[] = [
  { name: "memory of Redis", unit: "MiB", allowance: { factor: 1.2, plus: 8 } },
  { name: "keys in Redis", unit: "", allowance: { factor: 1.2, plus: 50 } },
];

export function seriesOf({ redis }: TestStore): readonly Series[] {
  return [...OKQ_SERIES, ...redis ? REDIS_SERIES : SQLITE_SERIES];
}

/** In the order of the series. @param wire a connection to okq */
export async function sample(okq: OkqProcess, wire: Wire, store: TestStore): Promise<number[]> {
  const usage = await okq.usage();
  const info = `${await wire.command("INFO")}`;
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  const rows = await wire.command("QSTATS") as [string, number][];
  return [
    ...[usage?.memory ?? NaN, field("used_memory") / MIB, usage?.files ?? NaN, field("connected_clients")],
    rows.reduce((sum, [, total]) => sum + total, 0),
    ...await sampleStore(store),
  ];
}

async function sampleStore({ redis, folder }: TestStore): Promise<number[]> {
  if (redis) {
    const memory = Number((await infoOf(redis, "memory")).get("used_memory"));
    return [memory / MIB, Number(await sendToRedis(redis, "DBSIZE"))];
  }
  let bytes = 0;
  for await (const { name } of Deno.readDir(folder!)) bytes += (await Deno.stat(`${folder}/${name}`)).size;
  return [bytes / MIB];
}
