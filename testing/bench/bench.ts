/**
 * Measures okq. README.md in this folder explains the measures and has the published results:
 *
 *     deno task bench [--only name[,name]|all] [--rounds n] [--base folder] [--publish] [--list] [--chart]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { describeMachine, machineLine } from "../machine.ts";
import { choice, flag, main, number, text, type Values } from "../program.ts";
import { LoadClient } from "./load/load_client.ts";
import { markdownTable, type Measure } from "./measure.ts";
import { against } from "./measures/against.ts";
import { bars } from "./measures/bars.ts";
import { claims } from "./measures/claims.ts";
import { crowds } from "./measures/stress/crowds.ts";
import { groups } from "./measures/groups.ts";
import { hostile } from "./measures/stress/hostile.ts";
import { http } from "./measures/http.ts";
import { idle } from "./measures/idle.ts";
import { large } from "./measures/stress/large.ts";
import { latency } from "./measures/latency.ts";
import { libraries } from "./measures/libraries.ts";
import { memory } from "./measures/memory.ts";
import { rates } from "./measures/rates.ts";
import { rivals } from "./measures/rivals.ts";
import { single } from "./measures/single.ts";
import { state } from "./measures/stress/state.ts";
import { drawRecord, publish } from "./publish.ts";

/** In the order of README.md. */
export const MEASURES: readonly Measure[] = [
  ...[
    rates,
    bars,
    single,
    claims,
    groups,
    http,
    rivals,
    libraries,
    latency,
    state,
    crowds,
    idle,
    memory,
    hostile,
    large,
    against,
  ],
];

const namesOf = (measures: readonly Measure[]) => measures.map(({ name }) => name);
const OPTIONS = {
  only: choice(namesOf(MEASURES), namesOf(MEASURES.filter(({ slow }) => !slow))),
  rounds: number(() => 3),
  base: text,
  publish: flag,
  list: flag,
  chart: flag,
};

async function bench({ only, rounds, base: folder, ...options }: Values<typeof OPTIONS>): Promise<boolean> {
  if (options.list) MEASURES.forEach(({ name, title }) => console.log(`${name.padEnd(10)} ${title}`));
  if (options.chart) await drawRecord();
  if (options.list || options.chart) return true;
  if (Deno.build.os !== "linux") throw new Error("The benchmark needs Linux: for its sockets and for /proc");
  if (only.includes(against.name) && !folder) throw new Error("The measure against needs --base <another checkout>");
  const base = folder ? new URL(`file://${await Deno.realPath(folder)}/`) : undefined;
  const machine = await describeMachine();
  console.log(`${machineLine(machine)}; medians of ${rounds} rounds\n`);
  let ok = true;
  const note = (text: string) => console.log(`    ${text}`);
  const missed = (text: string) => {
    note(`MISSED ${text}`);
    ok = false;
  };
  for (const measure of MEASURES.filter(({ name }) => only.includes(name))) {
    console.log(`${measure.title} (${measure.name})`);
    using client = new LoadClient();
    const rows = await measure.run({ client, rounds, base, note, missed });
    console.log(`\n${markdownTable(measure.columns, rows)}\n`);
    const compared = measure === against ? " --base <checkout>" : "";
    const command = `deno task bench --only ${measure.name} --rounds ${rounds}${compared}`;
    if (options.publish) await publish(measure, rows, machine, command);
  }
  return ok;
}

if (import.meta.main) await main("bench", OPTIONS, bench);
