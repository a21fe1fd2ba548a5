/**
 * A command as COMMAND shows it: one row of COMMAND INFO, one entry of COMMAND DOCS.
 *
 * @module
 */
import { type Reply, Status } from "../../resp/reply.ts";
import { argumentsReply, readSyntax } from "./syntax.ts";
import type { Command } from "../shared/command.ts";

/** The version of okq that clients are told a command came with. */
const SINCE = "0.1.0";

/** The ten fields of COMMAND INFO in Redis 7. */
export function infoReply(command: Command, container = ""): Reply[] {
  const words = container === "" ? 1 : 2;
  const [first, last] = Array.isArray(command.queues) ? command.queues : [0, 0];
  return [
    fullName(command, container),
    arity(command, words),
    flags(command).map((flag) => new Status(flag)),
    first, // the first queue …
    last, // … and the last one, as keys are for Redis
    first === 0 ? 0 : 1, // step
    [new Status(command.role === "any" || command.role === "open" ? "@connection" : `@${command.role}`)],
    [], // tips
    [], // key specifications
    (command.subcommands ?? []).map((subcommand) => infoReply(subcommand, command.name)),
  ];
}

/** The entry of COMMAND DOCS. */
export function docsReply(command: Command): Map<string, Reply> {
  const docs = new Map<string, Reply>([["summary", command.summary], ["since", SINCE], ["group", "okq"]]);
  if (command.subcommands !== undefined) {
    docs.set("subcommands", docsOf(command.subcommands, command.name));
  } else {
    const list = argumentsReply(readSyntax(command.syntax));
    if (list.length > 0) docs.set("arguments", list);
  }
  return docs;
}

/** The entries of COMMAND DOCS by name. */
export function docsOf(commands: readonly Command[], container = ""): Map<string, Reply> {
  return new Map(commands.map((command) => [fullName(command, container), docsReply(command)]));
}

function fullName(command: Command, container: string): string {
  return (container === "" ? command.name : `${container}|${command.name}`).toLowerCase();
}

function flags({ role, queues }: Command): string[] {
  return [...(role === "open" ? ["no_auth"] : []), ...(queues && !Array.isArray(queues) ? ["movablekeys"] : [])];
}

/** As in Redis: the words of the name count, and a number below zero means "at least". */
function arity({ arity: [min, max] }: Command, words: number): number {
  return min === max ? words + min : -(words + min);
}
