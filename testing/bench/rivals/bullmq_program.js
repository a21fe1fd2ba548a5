// Adds and processes BullMQ jobs and prints their rates as JSON. Run by Node, for which BullMQ is made:
//     node bullmq_program.js bullmq <port of Redis> <jobs>
// deno-lint-ignore-file no-console
import process from "node:process";

const [library, port, jobs] = process.argv.slice(2);
const { Queue, Worker } = await import(library);

const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };
const queue = new Queue("bench", { connection, defaultJobOptions: { removeOnComplete: true } });
await queue.waitUntilReady();

/** Jobs per addBulk, the documented way to add many. */
const BULK = 1000;
/** Jobs that the worker processes at once. */
const CONCURRENCY = 100;

async function add(count) {
  for (let i = 0; i < count; i += BULK) {
    await queue.addBulk(Array.from({ length: BULK }, () => ({ name: "job", data: "x".repeat(32) })));
  }
}

async function processAll(count) {
  let worker;
  await new Promise((resolve) => {
    let done = 0;
    worker = new Worker(queue.name, async () => {}, { connection, concurrency: CONCURRENCY });
    worker.on("completed", () => ++done === count && resolve());
  });
  return () => worker.close();
}

async function rateOf(count, work) {
  const begin = performance.now();
  const after = await work();
  const rate = (count / (performance.now() - begin)) * 1000;
  await after?.();
  return rate;
}

async function measure(count) {
  const push = await rateOf(count, () => add(count));
  const consume = await rateOf(count, () => processAll(count));
  const cycle = await rateOf(count, async () => (await Promise.all([processAll(count), add(count)]))[0]);
  return { push, consume, cycle };
}

await measure(Number(jobs) / 4); // warm-up: compiles code, loads scripts
console.log(JSON.stringify(await measure(Number(jobs))));
await queue.obliterate({ force: true });
await queue.close();
