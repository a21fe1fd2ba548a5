/**
 * The subcommands of COMMAND.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import { word } from "../shared/arguments.ts";
import { docsOf, infoReply } from "./docs.ts";
import type { Command } from "../shared/command.ts";

/** COUNT, INFO, DOCS and LIST over a command table. */
export function commandSubcommands(table: () => readonly Command[]): Command[] {
  return [
    {
      name: "COUNT",
      arity: [0, 0],
      role: "any",
      syntax: "",
      summary: "Counts the commands",
      handle: () => table().length,
    },
    {
      name: "INFO",
      arity: [0, Infinity],
      role: "any",
      syntax: "[command-name ...]",
      summary: "Shows commands for programs",
      handle: (_client, argv) => infoReplies(table(), argv.slice(2)),
    },
    {
      name: "DOCS",
      arity: [0, Infinity],
      role: "any",
      syntax: "[command-name ...]",
      summary: "Shows what commands do and take",
      handle: (_client, argv) => docsOf(argv.length === 2 ? table() : findCommands(table(), argv.slice(2)).flat()),
    },
    {
      name: "LIST",
      arity: [0, 0],
      role: "any",
      syntax: "",
      summary: "Shows the names of the commands",
      handle: () => table().map(({ name }) => name.toLowerCase()),
    },
  ];
}

/** A row for each command named, nil for one that there is not; without names, for all commands. */
export function infoReplies(table: readonly Command[], names: Uint8Array[] = []): Reply[] {
  if (names.length === 0) return table.map((command) => infoReply(command));
  return findCommands(table, names).map(([command]) => command === undefined ? null : infoReply(command));
}

/** For each name the command in an array, or an empty array. */
function findCommands(table: readonly Command[], names: Uint8Array[]): Command[][] {
  return names.map(word).map((asked) => table.filter(({ name }) => name === asked));
}
