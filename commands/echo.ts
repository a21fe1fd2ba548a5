import type { Command } from "./shared/command.ts";

/** Gives back what was sent. */
export const echo: Command = {
  name: "ECHO",
  arity: [1, 1],
  role: "any",
  syntax: "message",
  summary: "Answers the message",
  handle: (_client, argv) => argv[1],
};
