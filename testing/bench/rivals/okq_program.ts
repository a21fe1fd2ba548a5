/**
 * Pushes and consumes events as a program of a user does, and prints the rates as JSON:
 *
 *     deno run --allow-net okq_program.ts <port of okq> <events> <work>[,<work>]
 *
 * The works have the names of those in bullmq_program.js, and together must leave the queue empty.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { Consumer, Producer, text } from "../../../client/mod.ts";

const QUEUE = "bench";
const CONTENTS = "x".repeat(32);

async function main(port: string, events: number, works: string[]): Promise<void> {
  const addresses = `127.0.0.1:${port}`;
  await using producer = new Producer({ addresses, codec: text });

  async function addOne(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await producer.push(QUEUE, CONTENTS);
  }

  async function addMany(count: number, size: number): Promise<void> {
    for (let i = 0; i < count; i += size) await producer.pushAll(QUEUE, new Array(size).fill(CONTENTS));
  }

  /** Resolves when the events are acknowledged. */
  async function processAll(count: number, concurrency: number): Promise<void> {
    const consumer = new Consumer({ addresses, queues: QUEUE, codec: text, concurrency });
    let done = 0;
    await consumer.run(() => {
      if (++done === count) consumer.drain();
    });
  }

  const workNamed: Record<string, (count: number) => Promise<void>> = {
    addOne,
    add50: (count) => addMany(count, 50),
    process1: (count) => processAll(count, 1),
    process100: (count) => processAll(count, 100),
  };

  async function measure(count: number): Promise<Record<string, number>> {
    const rates: Record<string, number> = {};
    for (const work of works) {
      const begin = performance.now();
      await workNamed[work](count);
      rates[work] = count / (performance.now() - begin) * 1000;
    }
    return rates;
  }

  await measure(events / 4); // warm-up: compiles code
  console.log(JSON.stringify(await measure(events)));
}

if (import.meta.main) await main(Deno.args[0], Number(Deno.args[1]), Deno.args[2].split(","));
