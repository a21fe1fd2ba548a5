import { OK } from "../resp/reply.ts";
import type { Command } from "./shared/command.ts";

/** Answers clients that are configured to read from replicas. */
export const readonly: Command = {
  name: "READONLY",
  arity: [0, 0],
  role: "any",
  syntax: "",
  summary: "Does nothing; accepted for clients that read from replicas",
  handle: () => OK,
};
