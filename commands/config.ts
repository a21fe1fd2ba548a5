import { bySubcommand } from "./shared/subcommands.ts";
import type { Command } from "./shared/command.ts";

const subcommands: Command[] = [{
  name: "GET",
  arity: [1, Infinity],
  role: "any",
  syntax: "pattern [pattern ...]",
  summary: "Answers that there are no such settings",
  handle: () => new Map(),
}];

/** Answers clients that ask for the settings of a Redis. */
export const config: Command = {
  name: "CONFIG",
  arity: [1, Infinity],
  role: "any",
  syntax: "GET pattern [pattern ...]",
  summary: "Shows no settings: okq is set up on its command line",
  subcommands,
  handle: bySubcommand("CONFIG", subcommands),
};
