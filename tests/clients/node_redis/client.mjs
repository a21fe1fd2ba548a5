// node-redis, told what to do by ../driver.ts: one line in, one line out. Its argument is the package's name.
import { Buffer } from "node:buffer";
import process from "node:process";
import { answerLines, load, pushes, versionOf } from "../lines.mjs";

const [name] = process.argv.slice(2);
const { commandOptions, createClient, RESP_TYPES } = load(name);
let client;

await answerLines({
  version: () => versionOf(name),
  async open(port) {
    client = createClient({ socket: { port } });
    client.on("error", () => {}); // without a listener the loss of a connection ends the process
    await client.connect();
    return client.ping();
  },
  call: (args) => client.sendCommand(args),
  bytes(args) {
    if (commandOptions) return client.sendCommand(args, commandOptions({ returnBuffers: true }));
    return client.sendCommand(args, { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } });
  },
  pipeline: (queue, count) => Promise.all(pushes(queue, count).map((args) => client.sendCommand(args))),
  close: () => client?.destroy ? client.destroy() : client?.disconnect(),
});
