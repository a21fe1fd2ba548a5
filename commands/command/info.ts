/**
 * COMMAND INFO: one array per command with the ten fields of Redis 7.
 *
 * @module
 */
import { type Reply, Status } from "../../resp/reply.ts";
import { word } from "../shared/arguments.ts";
import type { Command } from "../shared/command.ts";

export function commandInfo(table: () => readonly Command[]): Command {
  return {
    name: "INFO",
    arity: [0, Infinity],
    role: "any",
    syntax: "[command-name ...]",
    summary: "Describes commands to programs: arity, flags and positions of queue names",
    handle: (_client, argv) => infoReplies(table(), argv.slice(2)),
  };
}

/** Without names, the fields of all commands; nil for an unknown name. */
export function infoReplies(table: readonly Command[], names: Uint8Array[] = []): Reply[] {
  if (names.length === 0) return table.map((command) => infoReply(command));
  return names.map((name) => {
    const command = findCommand(table, name);
    return command === undefined ? null : infoReply(command);
  });
}

export function findCommand(table: readonly Command[], name: Uint8Array): Command | undefined {
  const upper = word(name);
  return table.find(({ name }) => name === upper);
}

/** In lower case, with its container if it is a subcommand: `client|setname`. */
export function fullName(command: Command, container: string): string {
  return (container === "" ? command.name : `${container}|${command.name}`).toLowerCase();
}

function infoReply(command: Command, container = ""): Reply[] {
  const words = container === "" ? 1 : 2;
  const [first, last] = Array.isArray(command.queues) ? command.queues : [0, 0];
  return [
    fullName(command, container),
    arityReply(command, words),
    flags(command).map((flag) => new Status(flag)),
    first, // first key: queue names are the keys of okq
    last, // last key
    first === 0 ? 0 : 1, // step
    [new Status(command.role === "any" || command.role === "open" ? "@connection" : `@${command.role}`)],
    [], // tips
    [], // key specifications
    (command.subcommands ?? []).map((subcommand) => infoReply(subcommand, command.name)),
  ];
}

function flags({ role, queues }: Command): string[] {
  return [...(role === "open" ? ["no_auth"] : []), ...(queues && !Array.isArray(queues) ? ["movablekeys"] : [])];
}

/** As in Redis the words of the name count, and a negative number means "at least". */
function arityReply({ arity: [min, max] }: Command, words: number): number {
  return min === max ? words + min : -(words + min);
}
