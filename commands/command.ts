import { commandSubcommands, infoReplies } from "./command/subcommands.ts";
import { bySubcommand } from "./shared/subcommands.ts";
import type { Command } from "./shared/command.ts";

export { type Command, CommandError } from "./shared/command.ts";

/**
 * Shows the commands of the server.
 * @param table returns the command table, which holds this command too
 */
export function command(table: () => readonly Command[]): Command {
  const subcommands = commandSubcommands(table);
  const handle = bySubcommand("COMMAND", subcommands);
  return {
    name: "COMMAND",
    arity: [0, Infinity],
    role: "any",
    syntax: "[COUNT | INFO | DOCS | LIST]",
    summary: "Shows the commands of the server",
    subcommands,
    handle: (client, argv) => argv.length === 1 ? infoReplies(table()) : handle(client, argv),
  };
}
