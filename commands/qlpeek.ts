import { peek } from "./shared/peek.ts";
import type { Command } from "./shared/command.ts";

export const qlpeek: Command = {
  name: "QLPEEK",
  arity: [1, 1],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  syntax: "queue",
  summary: "Returns the left-most ready event without leasing it",
  handle: (client, argv) => peek(client, argv, "left"),
};
