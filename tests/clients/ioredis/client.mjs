// ioredis, told what to do by ../driver.ts: one line in, one line out. Its argument is the package's name.
import process from "node:process";
import { answerLines, load, pushes, versionOf } from "../lines.mjs";

const [name] = process.argv.slice(2);
const { Redis } = load(name);
let client;

/** The name of a command must be a string. */
const words = ([name, ...rest]) => [name.toString(), ...rest];

await answerLines({
  version: () => versionOf(name),
  open(port) {
    client = new Redis(port);
    client.on("error", () => {}); // without a listener it writes to standard error
    return client.ping();
  },
  call: (args) => client.call(...words(args)),
  bytes: (args) => client.callBuffer(...words(args)),
  async pipeline(queue, count) {
    const pipeline = client.pipeline();
    for (const args of pushes(queue, count)) pipeline.call(...args);
    return (await pipeline.exec()).map(([error, reply]) => error ?? reply);
  },
  close: () => client?.disconnect(),
});
