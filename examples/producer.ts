// Pushes mails with okq's own producer: deno run --allow-net examples/producer.ts [port]
// deno-lint-ignore-file no-console
import { json, Producer } from "../mod.ts"; // or the URL of mod.ts

interface Mail {
  to: string;
  subject: string;
}

const [port = "4777"] = Deno.args;
await using producer = new Producer({ addresses: `127.0.0.1:${port}`, codec: json<Mail>() });

// With an id of the program's own, even a program that is killed and started again pushes an order's mail only once
// as long as it waits; without one, an id is made up.
for (const order of [1, 2, 3]) {
  const id = await producer.push("mails", { to: "ann@example.com", subject: `Order ${order}` }, {
    id: `order-${order}`,
  });
  console.log(`pushed ${id}`);
}
