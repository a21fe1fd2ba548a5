/**
 * Soaks okq on one store.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { connect } from "../../tests/support/wire.ts";
import { type OkqProcess, startOkq } from "../okq_process.ts";
import { Random } from "../random.ts";
import { levelsOff, quarters } from "../stats.ts";
import { leftovers, STORE_PERMISSIONS, type TestStore } from "../stores.ts";
import { FAULTY_WORKLOADS } from "./faulty_workloads.ts";
import { sample, type Series, seriesOf } from "./series.ts";
import type { Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const MAX_SAMPLES = 240;
const MIN_INTERVAL_MS = 500;
/** A series has four quarters. */
const MIN_SAMPLES = 4;
/** A shorter series is not judged. */
const MIN_JUDGED_SAMPLES = 60;
/** okq must return to its end state within this time. */
const END_MS = 30_000;
/** Open files in the end beyond those in the beginning: Deno keeps them. */
const EXTRA_FILES = 8;
const MAX_REPORTED = 10;

export interface SoakResult {
  /** "sqlite" or "redis". */
  store: string;
  minutes: number;
  /** Number of sessions by workload. */
  sessions: Record<string, number>;
  /** Times of the samples, in seconds from the beginning. */
  times: number[];
  series: (Series & { values: number[] })[];
  failures: string[];
}

export async function soak(store: TestStore, minutes: number, seed: number): Promise<SoakResult> {
  const name = store.redis ? "redis" : "sqlite";
  const result: SoakResult = { store: name, minutes, sessions: {}, times: [], series: [], failures: [] };
  await using okq = await startOkq({
    store: store.url,
    permissions: [...STORE_PERMISSIONS],
    args: ["--log-level", "error", "--store-timeout", "60"],
  });
  const before = await okq.usage();
  const load = new AbortController();
  const running = runWorkloads(okq, load.signal, new Random(seed), result);
  await observe(okq, store, result);
  load.abort();
  await running;
  await empty(okq, before?.files ?? Infinity, result);
  const code = await okq.stop();
  if (okq.crashes > 0 || code !== 0) result.failures.push(`okq exited with code ${code}: ${okq.log.join("\n")}`);
  const left = await leftovers(store.url);
  result.failures.push(...okq.errors, ...left ? [left] : [], ...rising(result));
  return result;
}

async function runWorkloads(okq: OkqProcess, signal: AbortSignal, random: Random, result: SoakResult): Promise<void> {
  const { sessions, failures } = result;
  let names = 0;
  const runClient = async ({ name, session }: Workload) => {
    const context = { addr: okq.addr, random: random.fork(), signal, unique: () => `${names++}` };
    while (!signal.aborted) {
      try {
        await session(context);
      } catch (error) {
        if (failures.length < MAX_REPORTED) failures.push(`${name}: ${error}`);
        await delay(1000, signal);
      }
      sessions[name] = (sessions[name] ?? 0) + 1;
    }
  };
  const clients = [...WORKLOADS, ...FAULTY_WORKLOADS].flatMap((one) => Array<Workload>(one.clients).fill(one));
  await Promise.all(clients.map(runClient));
}

async function observe(okq: OkqProcess, store: TestStore, result: SoakResult): Promise<void> {
  await using wire = await connect(okq.addr);
  const begin = performance.now();
  const durationMs = result.minutes * 60_000;
  const interval = Math.max(MIN_INTERVAL_MS, durationMs / MAX_SAMPLES);
  result.series = seriesOf(store).map((series) => ({ ...series, values: [] }));
  while ((performance.now() < begin + durationMs || result.times.length < MIN_SAMPLES) && !okq.crashed) {
    await delay(interval);
    const values = await sample(okq, wire, store);
    result.times.push((performance.now() - begin) / 1000);
    for (const [i, series] of result.series.entries()) series.values.push(values[i]);
  }
}

/** Waits until queues, leases, consumers, clients and files have been removed. */
async function empty(okq: OkqProcess, filesBefore: number, { failures }: SoakResult): Promise<void> {
  await using wire = await connect(okq.addr);
  try {
    await eventually(async () => {
      await wire.send("QSTATS");
      const rows = await wire.reply() as [Uint8Array][];
      for (const [queue] of rows) await wire.command("QFLUSH", queue);
      return rows.length === 0;
    }, END_MS);
    await eventually(async () => /^connected_clients:1\r$/m.test(`${await wire.command("INFO")}`), END_MS);
  } catch {
    failures.push(`Queues or clients are left: ${await wire.command("QSTATS")} ${await wire.command("INFO")}`);
  }
  let files = 0;
  const closed = async () => (files = (await okq.usage())?.files ?? 0) <= filesBefore + EXTRA_FILES;
  await eventually(closed, END_MS).catch(() => failures.push(`okq has ${files} files open, at first ${filesBefore}`));
}

function rising({ series }: SoakResult): string[] {
  return series
    .filter(({ values, allowance }) => values.length >= MIN_JUDGED_SAMPLES && !levelsOff(values, allowance))
    .map(({ name, unit, values }) => {
      const { second, last } = quarters(values);
      return `The ${name} rises: ${second.toFixed(1)} ${unit} in the second quarter, ${last.toFixed(1)} in the last`;
    });
}
