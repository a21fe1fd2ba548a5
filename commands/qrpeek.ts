import { peek } from "./shared/peek.ts";
import type { Command } from "./shared/command.ts";

export const qrpeek: Command = {
  name: "QRPEEK",
  arity: [1, 1],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  syntax: "queue",
  summary: "Returns the right-most ready event without leasing it",
  handle: (client, argv) => peek(client, argv, "right"),
};
