import { milliseconds } from "./arguments.ts";
import type { Command } from "./types.ts";

/** Waits until an event is ready on a registered queue. */
export const qnotify: Command = {
  name: "QNOTIFY",
  arity: [1, 1],
  role: "consume",
  syntax: "timeout",
  summary: "Waits up to timeout seconds for an event on a registered queue and returns the queue's name",
  alone: true,
  handle: (client, argv) => client.okq.waiters.wait(client, milliseconds(argv[1], "timeout")),
};
