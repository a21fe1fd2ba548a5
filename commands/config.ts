import { shownSettings } from "../core/config/flags.ts";
import { Glob } from "../core/util/glob.ts";
import { word } from "./shared/arguments.ts";
import { bySubcommand } from "./shared/subcommands.ts";
import type { Command } from "./shared/command.ts";

const subcommands: Command[] = [{
  name: "GET",
  arity: [1, 16],
  role: "any",
  syntax: "pattern [pattern ...]",
  summary: "Returns the options of okq that match a pattern, without secrets, and save and appendonly",
  handle({ server: { settings, store }, user }, argv) {
    const globs = argv.slice(2).map((pattern) => new Glob(word(pattern).toLowerCase()));
    const parameters = user?.has("admin") ? shownSettings(settings) : new Map<string, string>();
    // Redis has these two, and redis-benchmark and monitoring tools ask for them.
    parameters.set("save", "").set("appendonly", store.appendOnly ? "yes" : "no");
    return new Map([...parameters].filter(([name]) => globs.some((glob) => glob.matches(name))));
  },
}];

export const config: Command = {
  name: "CONFIG",
  arity: [1, Infinity],
  role: "any",
  syntax: "GET pattern [pattern ...]",
  summary: "Returns options by their names without --, as far as they are no secrets",
  subcommands,
  handle: bySubcommand("CONFIG", subcommands),
};
