import { commandDocs } from "./command/docs.ts";
import { commandInfo, infoReplies } from "./command/info.ts";
import type { Command } from "./shared/command.ts";
import { bySubcommand } from "./shared/subcommands.ts";

/** @param table returns the command table, which contains this command too */
export function command(table: () => readonly Command[]): Command {
  const subcommands: Command[] = [
    {
      name: "COUNT",
      arity: [0, 0],
      role: "any",
      syntax: "",
      summary: "Returns the number of commands",
      handle: () => table().length,
    },
    commandInfo(table),
    commandDocs(table),
    {
      name: "LIST",
      arity: [0, 0],
      role: "any",
      syntax: "",
      summary: "Returns the names of all commands",
      handle: () => table().map(({ name }) => name.toLowerCase()),
    },
  ];
  const handle = bySubcommand("COMMAND", subcommands);
  return {
    name: "COMMAND",
    arity: [0, Infinity],
    role: "any",
    syntax: "[COUNT | INFO | DOCS | LIST]",
    summary: "Describes the commands of the server",
    subcommands,
    handle: (client, argv) => argv.length === 1 ? infoReplies(table()) : handle(client, argv),
  };
}
