// A web server with its queue inside: deno run --allow-net --allow-read=. --allow-write=. examples/embedded.ts [port] [store]
// Try it: curl --data hello http://127.0.0.1:8000
// deno-lint-ignore-file no-console
import { Consumer, Producer, serve, text } from "../mod.ts"; // or the URL of mod.ts

const [port = "8000", store = "sqlite:mails.db"] = Deno.args;
const okq = await serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store });
const addresses = `127.0.0.1:${okq.addr.port}`;

const producer = new Producer({ addresses, codec: text });
const web = Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, async (request) => {
  const id = await producer.push("mails", await request.text());
  return new Response(`will be sent as ${id}\n`, { status: 202 }); // it is stored: a crash loses nothing
});

const consumer = new Consumer({ addresses, queues: "mails", codec: text, concurrency: 10 });
const consuming = consumer.run((event) => console.log(`sent ${event.id}: ${event.value}`));

async function stop() {
  await web.shutdown();
  await producer.close();
  await consumer.close();
  await okq.close();
  Deno.exit();
}
for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);
await consuming;
