import { bySubcommand } from "./shared/subcommands.ts";
import type { Command } from "./shared/command.ts";

const subcommands: Command[] = [{
  name: "GET",
  arity: [1, Infinity],
  role: "any",
  syntax: "pattern [pattern ...]",
  summary: "Returns no settings, because okq has none that Redis has",
  handle: () => new Map(),
}];

/** For Redis clients that read settings when they connect; redis-benchmark warns without it. */
export const config: Command = {
  name: "CONFIG",
  arity: [1, Infinity],
  role: "any",
  syntax: "GET pattern [pattern ...]",
  summary: "Returns no settings: okq is configured on its command line",
  subcommands,
  handle: bySubcommand("CONFIG", subcommands),
};
