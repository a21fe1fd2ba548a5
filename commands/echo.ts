import type { Command } from "./shared/command.ts";

export const echo: Command = {
  name: "ECHO",
  arity: [1, 1],
  role: "any",
  syntax: "message",
  summary: "Returns the message",
  handle: (_client, argv) => argv[1],
};
