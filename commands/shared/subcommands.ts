/**
 * Dispatch of container commands to their subcommands, as in `CLIENT SETNAME`.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { printable } from "../../resp/printable.ts";
import { type Reply, Status } from "../../resp/reply.ts";
import { word } from "./arguments.ts";
import { type Command, CommandError } from "./command.ts";

/** The subcommand that `argv` names, else the command itself. */
export function resolveSubcommand(command: Command, argv: Uint8Array[]): Command {
  if (command.subcommands === undefined || argv.length < 2) return command;
  const wanted = word(argv[1]);
  return command.subcommands.find(({ name }) => name === wanted) ?? command;
}

/** Runs the subcommand named by the first argument; answers HELP itself. */
export function bySubcommand(name: string, subcommands: readonly Command[]): Command["handle"] {
  const table = new Map(subcommands.map((subcommand) => [subcommand.name, subcommand]));
  return (client: ClientContext, argv: Uint8Array[]) => {
    const wanted = word(argv[1]);
    const subcommand = table.get(wanted);
    if (subcommand === undefined && wanted === "HELP") return help(name, subcommands);
    if (subcommand === undefined) {
      throw new CommandError(`ERR unknown subcommand '${printable(argv[1])}'. Try ${name} HELP.`);
    }
    const [min, max] = subcommand.arity;
    const count = argv.length - 2;
    const fullName = `${name}|${wanted}`.toLowerCase();
    client.lastCommand = fullName;
    if (count < min || count > max) {
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
