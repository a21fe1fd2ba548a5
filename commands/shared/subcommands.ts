/**
 * Commands that are a family: their first word says which one is meant, as in `CLIENT SETNAME`.
 *
 * @module
 */
import type { ClientContext } from "../../core/client_context.ts";
import { printable } from "../../resp/printable.ts";
import { type Reply, Status } from "../../resp/reply.ts";
import { word } from "./arguments.ts";
import { type Command, CommandError } from "./command.ts";

/** The row that says what is needed for a command: that of its subcommand, if there is one. */
export function resolveSubcommand(row: Command, argv: Uint8Array[]): Command {
  if (row.subcommands === undefined || argv.length < 2) return row;
  const asked = word(argv[1]);
  return row.subcommands.find(({ name }) => name === asked) ?? row;
}

/** Makes a `handle` that runs the subcommand named by the first argument, HELP included. */
export function bySubcommand(name: string, subcommands: readonly Command[]): Command["handle"] {
  const table = new Map(subcommands.map((subcommand) => [subcommand.name, subcommand]));
  return (client: ClientContext, argv: Uint8Array[]): Reply | Promise<Reply> => {
    const asked = word(argv[1]);
    const subcommand = table.get(asked);
    if (subcommand === undefined && asked === "HELP") return help(name, subcommands);
    if (subcommand === undefined) {
      throw new CommandError(`ERR unknown subcommand '${printable(argv[1])}'. Try ${name} HELP.`);
    }
    const [min, max] = subcommand.arity;
    const given = argv.length - 2;
    const fullName = `${name}|${asked}`.toLowerCase();
    client.lastCommand = fullName;
    if (given < min || given > max) {
      throw new CommandError(`ERR wrong number of arguments for '${fullName}' command`);
    }
    return subcommand.handle(client, argv);
  };
}

function help(name: string, subcommands: readonly Command[]): Reply {
  const lines = [`${name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`];
  for (const { name, syntax, summary } of subcommands) lines.push(`${name} ${syntax}`.trimEnd(), `    ${summary}.`);
  return [...lines, "HELP", "    Print this help."].map((line) => new Status(line));
}
