/**
 * Measures okq's Consumer beside BullMQ's Worker: no-op events, the same concurrency, the same Redis, in turns.
 *
 *     deno run --allow-all testing/bench/consumer.ts [events] [rounds]
 *
 * Each client runs in a process of its own, on the runtime it is made for: okq's on Deno, BullMQ's on Node.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { startRedis } from "../../tests/support/redis_server.ts";
import { onExit } from "../../tests/support/on_exit.ts";
import { describeMachine, machineLine } from "../machine.ts";
import { startOkq } from "./okq.ts";
import { BULLMQ } from "./rivals/bullmq.ts";
import { median } from "../stats.ts";

/** Events in hand at once. */
const CONCURRENCY = 50;
/** What an event holds. */
const CONTENTS = "x".repeat(32);

const OKQ = `
import { Consumer, Producer, text } from "${new URL("../../mod.ts", import.meta.url)}";
const [port, events] = Deno.args.map(Number);
const addresses = "127.0.0.1:" + port;
async function measure(count) {
  await using producer = new Producer({ addresses, codec: text });
  await producer.pushAll("bench", Array(count).fill("${CONTENTS}"));
  const begin = performance.now();
  let done = 0;
  let rate = 0;
  const consumer = new Consumer({ addresses, queues: "bench", codec: text, concurrency: ${CONCURRENCY} });
  await consumer.run(async () => {
    if (++done < count) return;
    rate = count / (performance.now() - begin) * 1000;
    consumer.drain();
  });
  return rate;
}
await measure(events / 4); // so that code is compiled and scripts are loaded
console.log(await measure(events));
`;

const BULL = `
const { default: { Queue, Worker } } = await import(process.argv.at(-3));
const [port, events] = process.argv.slice(-2).map(Number);
const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
const queue = new Queue("bench", { connection, defaultJobOptions: { removeOnComplete: true } });
async function measure(count) {
  for (let i = 0; i < count; i += 1000) {
    await queue.addBulk(Array.from({ length: 1000 }, () => ({ name: "job", data: "${CONTENTS}" })));
  }
  const begin = performance.now();
  let done = 0;
  let worker;
  await new Promise((resolve) => {
    worker = new Worker("bench", async () => {}, { connection, concurrency: ${CONCURRENCY} });
    worker.on("completed", () => ++done === count && resolve());
  });
  const rate = count / (performance.now() - begin) * 1000;
  await worker.close();
  return rate;
}
await measure(events / 4);
console.log(await measure(events));
await queue.close();
`;

/** Runs a program to its end and returns what it wrote. */
async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} failed: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

async function main(events: number, rounds: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "okq_bench_consumer_" });
  onExit(() => Deno.removeSync(folder, { recursive: true }));
  await run("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...BULLMQ]);
  const bullmq = `${folder}/node_modules/bullmq/dist/cjs/index.js`;
  await using redis = await startRedis();
  await using okq = await startOkq(["--store", redis.url]);
  console.log(machineLine(await describeMachine()));
  const rates: { okq: number; bullmq: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const one = {
      okq: Number(await run(Deno.execPath(), ["eval", OKQ, `${okq.port}`, `${events}`])),
      bullmq: Number(await run("node", ["--input-type=module", "-e", BULL, bullmq, `${redis.port}`, `${events}`])),
    };
    rates.push(one);
    console.log(`round ${round}: ${lineFor(one)}`);
  }
  const middle = { okq: median(rates.map(({ okq }) => okq)), bullmq: median(rates.map(({ bullmq }) => bullmq)) };
  console.log(`median, concurrency ${CONCURRENCY}, ${events} events: ${lineFor(middle)}`);
}

function lineFor({ okq, bullmq }: { okq: number; bullmq: number }): string {
  return `Consumer ${okq.toFixed(0)}/s, ${BULLMQ[0]} Worker ${bullmq.toFixed(0)}/s: ${(okq / bullmq).toFixed(2)} times`;
}

if (import.meta.main) await main(Number(Deno.args[0] ?? 40_000), Number(Deno.args[1] ?? 5));
