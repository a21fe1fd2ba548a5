// Consumes mails with okq's Consumer: deno run --allow-net examples/consumer.ts [port]
// deno-lint-ignore-file no-console
import { Consumer, json } from "../mod.ts"; // or the URL of mod.ts

interface Mail {
  to: string;
  subject: string;
}

const [port = "4777"] = Deno.args;
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stop.abort());

await using consumer = new Consumer({
  addresses: [`127.0.0.1:${port}`], // or several okq instances
  queues: "mails",
  codec: json<Mail>(),
  concurrency: 10,
  leaseMs: 60_000, // a killed consumer's events are redelivered after this time
  signal: stop.signal, // claims no more mails, and finishes those it has
});

// Returning acknowledges the event. Throwing gives it back, to be redelivered after 1, 2, 4 … seconds. To let it die
// after five attempts, send this once: QCONFIG SET mails max-attempts 5
await consumer.run((event) => console.log(`${event.id}: ${event.value.subject} for ${event.value.to}`));
