/**
 * A consumer that takes events and never ends with them, to be killed: `stuck_consumer.ts host:port queue count`.
 *
 * @module
 */
import { Consumer } from "../../mod.ts";

const [addresses, queues, count] = Deno.args;
let taken = 0;
const consumer = new Consumer({ addresses, queues, concurrency: Number(count), leaseMs: 2000 });
await consumer.run(async () => {
  // deno-lint-ignore no-console -- the test waits for this line
  if (++taken === Number(count)) console.log("has them all");
  await new Promise(() => {});
});
