// Valkey GLIDE, told what to do by ../driver.ts: one line in, one line out. Its argument is the package's name.
import process from "node:process";
import { answerLines, load, pushes, versionOf } from "../lines.mjs";

const [name] = process.argv.slice(2);
const { Batch, Decoder, GlideClient } = load(name);
let client;

/** GLIDE has lists of `{ key, value }` for maps. */
function withMaps(reply) {
  if (!Array.isArray(reply)) return reply;
  const isMap = reply.length > 0 && reply.every((part) => part !== null && typeof part === "object" && "key" in part);
  return isMap ? new Map(reply.map(({ key, value }) => [key, withMaps(value)])) : reply.map(withMaps);
}

await answerLines({
  version: () => versionOf(name),
  async open(port, set) {
    client?.close();
    const addresses = [{ host: "127.0.0.1", port }];
    client = await GlideClient.createClient(set ? { addresses, requestTimeout: 60_000 } : { addresses });
    return client.ping();
  },
  call: async (args) => withMaps(await client.customCommand(args)),
  bytes: (args) => client.customCommand(args, { decoder: Decoder.Bytes }),
  pipeline(queue, count) {
    const batch = new Batch(false);
    for (const args of pushes(queue, count)) batch.customCommand(args);
    return client.exec(batch, true);
  },
  close: () => client?.close(),
});
