import { milliseconds } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

export const qnotify: Command = {
  name: "QNOTIFY",
  arity: [1, 1],
  role: "consume",
  syntax: "timeout",
  summary: "Waits up to timeout seconds for a ready event in a registered queue and returns the queue's name",
  exclusive: true,
  blocks: true,
  handle(client, argv) {
    const timeoutMs = milliseconds(argv[1], "timeout");
    const { waiters, limits } = client.server;
    if (timeoutMs > 0 && waiters.blockedClients >= limits.maxBlockedClients) {
      throw new CommandError(`ERR too many blocked clients: --max-blocked-clients is ${limits.maxBlockedClients}`);
    }
    return waiters.wait(client, timeoutMs);
  },
};
