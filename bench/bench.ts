/**
 * How fast okq is, as ratios to the equal script called on the same Redis directly. See README.md beside this file.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { startRedis } from "../tests/redis_server.ts";
import { connect } from "../tests/wire.ts";
import { commandsPerSecond, type Load, RANDOM_ID } from "./load.ts";
import { startOkq } from "./okq.ts";

const ROUNDS = 3;
const CLIENTS = 50;
const REQUESTS = 200_000;
const CONTENTS = "x".repeat(32);
const LEASE_SECONDS = "600";

await using redis = await startRedis();
await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
await using okq = await startOkq(["--store", redis.url]);
const push = await loadScript("push.lua");
const pop = await loadScript("pop.lua");

/** What is measured, in the order of a round: pops find what was pushed. */
const MEASURES: [name: string, port: number, command: string[]][] = [
  ["direct push", redis.port, [
    "EVALSHA",
    push,
    "4",
    "d:ready",
    "d:events",
    "d:active",
    "d:ready",
    RANDOM_ID,
    CONTENTS,
  ]],
  ["okq QLPUSH", okq.port, ["QLPUSH", "bench", RANDOM_ID, CONTENTS]],
  ["direct pop", redis.port, ["EVALSHA", pop, "4", "d:ready", "d:events", "d:leases", "d:timers", "600000"]],
  ["okq QRPOP", okq.port, ["QRPOP", "bench", "EX", LEASE_SECONDS]],
  ["okq PING", okq.port, ["PING"]],
];

console.log(`okq on ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}, ${await redisVersion()}`);
console.log(
  `${CLIENTS} connections, ${CONTENTS.length}-byte contents, median of ${ROUNDS} rounds, commands per second\n`,
);
for (const pipeline of [1, 16]) {
  const rates = new Map<string, number[]>(MEASURES.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    await direct.command("FLUSHDB");
    for (const [name, port, command] of MEASURES) {
      const load: Load = { port, clients: CLIENTS, pipeline, requests: REQUESTS };
      rates.get(name)!.push(await commandsPerSecond(load, command));
    }
  }
  const rate = (name: string) => median(rates.get(name)!);
  const row = (name: string, against: string) =>
    console.log(
      `${name.padEnd(12)} ${rate(name).toFixed(0).padStart(8)}/s   ${
        (rate(name) / rate(against)).toFixed(2)
      } × ${against}`,
    );
  console.log(`pipeline ${pipeline}`);
  row("direct push", "direct push");
  row("okq QLPUSH", "direct push");
  row("direct pop", "direct pop");
  row("okq QRPOP", "direct pop");
  row("okq PING", "direct push");
  console.log();
}

async function loadScript(file: string): Promise<string> {
  return String(await direct.command("SCRIPT", "LOAD", await Deno.readTextFile(new URL(file, import.meta.url))));
}

async function redisVersion(): Promise<string> {
  return /redis_version:\S+/.exec(String(await direct.command("INFO", "server")))![0];
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
