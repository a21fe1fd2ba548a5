import { peek } from "./shared/peek.ts";
import type { Command } from "./shared/command.ts";

/** Shows the left-most ready event of a queue. */
export const qlpeek: Command = {
  name: "QLPEEK",
  arity: [1, 1],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  syntax: "queue",
  summary: "Shows the left-most ready event, which stays where it is",
  handle: (client, argv) => peek(client, argv, "left"),
};
