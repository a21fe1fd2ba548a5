/**
 * A consumer that claims events and never settles them: `stuck_consumer.ts host:port queue count`.
 *
 * @module
 */
import { Consumer } from "../../mod.ts";

const [addresses, queues, count] = Deno.args;
let claimed = 0;
const consumer = new Consumer({ addresses, queues, concurrency: Number(count), leaseMs: 5000 });
await consumer.run(async () => {
  // deno-lint-ignore no-console -- the test waits for this line
  if (++claimed === Number(count)) console.log("claimed all");
  await new Promise(() => {});
});
