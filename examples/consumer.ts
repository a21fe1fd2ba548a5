// Consumes mails with okq's own consumer: deno run --allow-net examples/consumer.ts [port]
// deno-lint-ignore-file no-console
import { Consumer, json } from "../mod.ts"; // or the URL of mod.ts

interface Mail {
  to: string;
  subject: string;
}

const [port = "4777"] = Deno.args;
const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());

await using consumer = new Consumer({
  addresses: [`127.0.0.1:${port}`], // several, if there are several
  queues: "mails",
  codec: json<Mail>(),
  concurrency: 10,
  leaseMs: 60_000, // what a consumer has that is killed comes again then; while one works the lease is prolonged
  signal: stop.signal, // takes no more mails, and finishes those in hand
});

// Returning acknowledges the event; throwing gives it back, to come again later.
await consumer.run((event) => console.log(`${event.id}: ${event.value.subject} for ${event.value.to}`));
