import { milliseconds } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

/** Waits until an event is ready on a registered queue. */
export const qnotify: Command = {
  name: "QNOTIFY",
  arity: [1, 1],
  role: "consume",
  syntax: "timeout",
  summary: "Waits up to timeout seconds for an event on a registered queue and returns the queue's name",
  exclusive: true,
  blocks: true,
  handle(client, argv) {
    const timeoutMs = milliseconds(argv[1], "timeout");
    const { waiters, limits } = client.server;
    if (timeoutMs > 0 && waiters.blockedClients >= limits.maxBlockedClients) {
      throw new CommandError(`ERR too many clients wait for events: at most ${limits.maxBlockedClients} may`);
    }
    return waiters.wait(client, timeoutMs);
  },
};
