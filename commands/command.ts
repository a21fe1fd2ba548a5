import { word } from "./arguments.ts";
import { docsOf, infoReply } from "./command_replies.ts";
import { bySubcommand } from "./subcommands.ts";
import type { Command } from "./types.ts";

export { type Command, CommandError } from "./types.ts";

/**
 * Shows the commands of the server.
 * @param table returns the command table, which holds this command too
 */
export function command(table: () => readonly Command[]): Command {
  const find = (bytes: Uint8Array) => {
    const asked = word(bytes);
    return table().find(({ name }) => name === asked);
  };
  const subcommands: Command[] = [
    {
      name: "COUNT",
      arity: [0, 0],
      syntax: "",
      summary: "Counts the commands",
      handle: () => table().length,
    },
    {
      name: "INFO",
      arity: [0, Infinity],
      syntax: "[command-name ...]",
      summary: "Shows commands for programs",
      handle: (_client, argv) => argv.length === 2 ? allRows() : argv.slice(2).map(rowOf),
    },
    {
      name: "DOCS",
      arity: [0, Infinity],
      syntax: "[command-name ...]",
      summary: "Shows what commands do and take",
      handle: (_client, argv) =>
        docsOf(argv.length === 2 ? table() : argv.slice(2).flatMap((name) => find(name) ?? [])),
    },
    {
      name: "LIST",
      arity: [0, 0],
      syntax: "",
      summary: "Shows the names of the commands",
      handle: () => table().map(({ name }) => name.toLowerCase()),
    },
  ];
  const allRows = () => table().map((command) => infoReply(command));
  const rowOf = (name: Uint8Array) => {
    const found = find(name);
    return found === undefined ? null : infoReply(found);
  };
  const handle = bySubcommand("COMMAND", subcommands);
  return {
    name: "COMMAND",
    arity: [0, Infinity],
    syntax: "[COUNT | INFO | DOCS | LIST]",
    summary: "Shows the commands of the server",
    subcommands,
    handle: (client, argv) => argv.length === 1 ? allRows() : handle(client, argv),
  };
}
