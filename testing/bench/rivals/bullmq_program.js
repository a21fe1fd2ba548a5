// Adds and processes BullMQ jobs and prints the rates as JSON. Run by Node, for which BullMQ is made:
//     node bullmq_program.js bullmq <port of Redis> <jobs> <work>[,<work>]
// The works together must leave the queue empty.
// deno-lint-ignore-file no-console
import process from "node:process";

const [library, port, jobs, works] = process.argv.slice(2);
const { Queue, Worker } = await import(library);

const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };
const queue = new Queue("bench", { connection, defaultJobOptions: { removeOnComplete: true } });
await queue.waitUntilReady();

const DATA = "x".repeat(32);

async function addOne(count) {
  for (let i = 0; i < count; i++) await queue.add("job", DATA);
}

/** addBulk is the documented way to add many. */
async function addBulk(count, size) {
  for (let i = 0; i < count; i += size) {
    await queue.addBulk(Array.from({ length: size }, () => ({ name: "job", data: DATA })));
  }
}

/** Resolves when the jobs are completed, to what stops the worker. */
async function processAll(count, concurrency) {
  let worker;
  await new Promise((resolve) => {
    let done = 0;
    worker = new Worker(queue.name, async () => {}, { connection, concurrency });
    worker.on("completed", () => ++done === count && resolve());
  });
  return () => worker.close();
}

const WORKS = {
  addOne: (count) => addOne(count),
  add50: (count) => addBulk(count, 50),
  add1000: (count) => addBulk(count, 1000),
  process1: (count) => processAll(count, 1),
  process100: (count) => processAll(count, 100),
  cycle: async (count) => (await Promise.all([processAll(count, 100), addBulk(count, 1000)]))[0],
};

async function measure(count) {
  const rates = {};
  for (const work of works.split(",")) {
    const begin = performance.now();
    const after = await WORKS[work](count);
    rates[work] = (count / (performance.now() - begin)) * 1000;
    await after?.();
  }
  return rates;
}

await measure(Number(jobs) / 4); // warm-up: compiles code, loads scripts
console.log(JSON.stringify(await measure(Number(jobs))));
await queue.obliterate({ force: true });
await queue.close();
