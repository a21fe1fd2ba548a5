/**
 * Soaks okq on one store: load for minutes, then all is taken away and what is left is counted.
 *
 * @module
 */
import { type Okq, startOkq } from "../okq_process.ts";
import { Random } from "../random.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { runProgram } from "../../tests/support/process.ts";
import { connect } from "../../tests/support/wire.ts";
import { ACTORS } from "./workloads.ts";
import { type Curve, curvesOf, look, type Looked } from "./series.ts";
import { levelsOff, quarters } from "./level.ts";
import { RUDE_ACTORS } from "./faulty_workloads.ts";
import { type Actor, rest, type Stage } from "./workload.ts";
import type { SoakStore } from "../stores.ts";

const PERMISSIONS = ["--allow-net", "--allow-read", "--allow-write"];
/** Looks taken in all, at the most. */
const LOOKS = 240;
const MIN_PAUSE_MS = 500;
/** Looks taken at least, however short the load or slow the machine: a curve has four quarters. */
const MIN_LOOKS = 4;
/** Looks below which nothing can be said of a curve. */
const ENOUGH = 60;
/** How long everything may take to come to an end, in milliseconds. */
const END_MS = 30_000;
/** Files that may be open in the end beyond those in the beginning: what Deno keeps. */
const FILES_SLACK = 8;
/** Sessions that fail, of which all are told. */
const MAX_TOLD = 10;

/** How to soak. */
export interface SoakOptions {
  /** The store. */
  store: SoakStore;
  /** For how long there is load. */
  minutes: number;
  /** What chance depends on. */
  seed: number;
}

/** What came of a soak. */
export interface SoakResult {
  store: string;
  minutes: number;
  /** Sessions of each actor. */
  sessions: Record<string, number>;
  /** When the looks were taken, in seconds from the beginning. */
  times: number[];
  /** What was seen. */
  curves: (Curve & { values: number[] })[];
  /** What is not as it should be. */
  wrong: string[];
}

/** Soaks. */
export async function soak({ store, minutes, seed }: SoakOptions): Promise<SoakResult> {
  const result: SoakResult = { store: store.name, minutes, sessions: {}, times: [], curves: [], wrong: [] };
  await using okq = await startOkq({ store: store.url, permissions: PERMISSIONS, args: ["--log-level", "error"] });
  const before = await okq.usage();
  const load = new AbortController();
  const acting = act(okq, load.signal, new Random(seed), result);
  await observe({ okq, store, minutes }, result);
  load.abort();
  await acting;
  await empty(okq, result);
  const after = await okq.usage();
  if (before && after && after.files > before.files + FILES_SLACK) {
    result.wrong.push(`okq has ${after.files} files open in the end, and had ${before.files}`);
  }
  const code = await okq.stop();
  if (okq.unordered > 0 || code !== 0) result.wrong.push(`okq ended with code ${code}: ${okq.log.join("\n")}`);
  result.wrong.push(...okq.errors, ...await leftIn(store), ...rising(result));
  return result;
}

/** Everybody, one session after the other. */
async function act(okq: Okq, signal: AbortSignal, random: Random, { sessions, wrong }: SoakResult): Promise<void> {
  let names = 0;
  const play = async (actor: Actor, stage: Stage) => {
    while (!signal.aborted) {
      try {
        await actor.play(stage);
      } catch (error) {
        if (wrong.length < MAX_TOLD) wrong.push(`${actor.name}: ${error}`);
        await rest(1000, signal);
      }
      sessions[actor.name] = (sessions[actor.name] ?? 0) + 1;
    }
  };
  const everybody = [...ACTORS, ...RUDE_ACTORS].flatMap((actor) => Array<Actor>(actor.count).fill(actor));
  await Promise.all(everybody.map((actor) => {
    const unique = () => `${names++}`;
    return play(actor, { addr: okq.addr, random: random.fork(), signal, unique });
  }));
}

/** Takes looks for as long as there is load. */
async function observe({ okq, store, minutes }: { okq: Okq; store: SoakStore; minutes: number }, result: SoakResult) {
  await using wire = await connect(okq.addr);
  const looked: Looked = { okq, wire, store: store.look };
  const begin = performance.now();
  const end = begin + minutes * 60_000;
  const pause = Math.max(MIN_PAUSE_MS, minutes * 60_000 / LOOKS);
  result.curves = curvesOf(store.name).map((curve) => ({ ...curve, values: [] }));
  while ((performance.now() < end || result.times.length < MIN_LOOKS) && !okq.ended) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const values = await look(looked);
    result.times.push((performance.now() - begin) / 1000);
    for (const [i, { values: all }] of result.curves.entries()) all.push(values[i]);
  }
}

/** Removes all events, and waits until every queue is gone: no consumer is left, and no lease brings anything back. */
async function empty(okq: Okq, { wrong }: SoakResult): Promise<void> {
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
    wrong.push(`In the end there are queues or clients: ${await wire.command("QSTATS")} ${await wire.command("INFO")}`);
  }
  await rest(2000, new AbortController().signal); // what was flushed is cleared away bit by bit
}

/** What `store check` finds when okq is gone. */
async function leftIn({ name, url }: SoakStore): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram(["store", "check", "--store", url], { permissions: PERMISSIONS });
  const figures = [...stdout.matchAll(/^(\w+) +(\d+)$/gm)];
  const isEmpty = code === 0 && figures.length > 0 && figures.every(([, , count]) => count === "0");
  return isEmpty ? [] : [`Something is left in ${name}:\n${stdout}${stderr}`];
}

/** The curves that do not level off. */
function rising({ curves }: SoakResult): string[] {
  return curves.filter(({ values, allowance }) => values.length >= ENOUGH && !levelsOff(values, allowance)).map(
    ({ name, unit, values }) => {
      const { second, last } = quarters(values);
      return `The ${name} rises: ${second.toFixed(1)} ${unit} in the second quarter, ${last.toFixed(1)} in the last`;
    },
  );
}
