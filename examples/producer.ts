// Pushes mails with okq's Producer: deno run --allow-net examples/producer.ts [port]
// deno-lint-ignore-file no-console
import { json, Producer } from "../mod.ts"; // or the URL of mod.ts

interface Mail {
  to: string;
  subject: string;
}

const [port = "4777"] = Deno.args;
await using producer = new Producer({ addresses: `127.0.0.1:${port}`, codec: json<Mail>() });

// With an id for each order, a program that is run again does not push a mail again that is still in the queue. Without
// an id, the producer generates one.
for (const order of [1, 2, 3]) {
  const id = await producer.push("mails", { to: "ann@example.com", subject: `Order ${order}` }, {
    id: `order-${order}`,
    ifPresent: "ignore",
  });
  console.log(`pushed ${id}`);
}
