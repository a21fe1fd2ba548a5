import { peek } from "./shared/peek.ts";
import type { Command } from "./shared/command.ts";

/** Shows the right-most ready event of a queue. */
export const qrpeek: Command = {
  name: "QRPEEK",
  arity: [1, 1],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  syntax: "queue",
  summary: "Shows the right-most ready event, which stays where it is",
  handle: (client, argv) => peek(client, argv, "right"),
};
