/**
 * COMMAND DOCS, from which redis-cli makes its help and hints.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import type { Command } from "../shared/command.ts";
import { findCommand, fullName } from "./info.ts";
import { argumentsReply, readSyntax } from "./syntax.ts";

/** The okq version in which all commands appeared. */
const SINCE = "0.1.0";

export function commandDocs(table: () => readonly Command[]): Command {
  return {
    name: "DOCS",
    arity: [0, Infinity],
    role: "any",
    syntax: "[command-name ...]",
    summary: "Describes commands to people: summary and arguments",
    handle(_client, argv) {
      const names = argv.slice(2);
      return docsReplies(names.length === 0 ? table() : names.flatMap((name) => findCommand(table(), name) ?? []));
    },
  };
}

function docsReplies(commands: readonly Command[], container = ""): Map<string, Reply> {
  return new Map(commands.map((command) => [fullName(command, container), docsReply(command)]));
}

function docsReply(command: Command): Map<string, Reply> {
  const docs = new Map<string, Reply>([["summary", command.summary], ["since", SINCE], ["group", "okq"]]);
  if (command.subcommands !== undefined) {
    docs.set("subcommands", docsReplies(command.subcommands, command.name));
  } else {
    const list = argumentsReply(readSyntax(command.syntax));
    if (list.length > 0) docs.set("arguments", list);
  }
  return docs;
}
