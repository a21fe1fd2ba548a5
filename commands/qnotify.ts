import { milliseconds } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";
import { requireRoomToBlock } from "./shared/limits.ts";

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
    // A client library that has reconnected by itself would wait for ever.
    if (client.queues.length === 0) throw new CommandError("ERR no queues registered: QREGISTER first");
    if (timeoutMs > 0) requireRoomToBlock(client);
    return client.server.waiters.wait(client, timeoutMs);
  },
};
