import { OK } from "../resp/reply.ts";
import type { Command } from "./shared/command.ts";

/** Answers clients that would read from a replica. */
export const readonly: Command = {
  name: "READONLY",
  arity: [0, 0],
  role: "any",
  syntax: "",
  summary: "Accepts reading from this server, which is what happens anyway",
  handle: () => OK,
};
