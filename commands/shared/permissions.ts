/**
 * Checks a user's role and queues against a row of the command table.
 *
 * @module
 */
import { NO_QUEUE_PERMISSION, type User } from "../../core/auth/user.ts";
import { ErrorReply } from "../../resp/reply.ts";
import { word } from "./arguments.ts";
import { resolveSubcommand } from "./subcommands.ts";
import type { QueueArguments } from "../../core/command_spec.ts";
import type { Command } from "./command.ts";

const NOAUTH = new ErrorReply("NOAUTH Authentication required.");

/** The error reply of Redis, or undefined for a permitted command. @param user undefined before login */
export function permissionError(command: Command, user: User | undefined, argv: Uint8Array[]): ErrorReply | undefined {
  if (user?.unlimited) return undefined;
  const resolved = resolveSubcommand(command, argv);
  const { role, queues } = resolved;
  if (role === "open") return undefined;
  if (user === undefined) return NOAUTH;
  if (role !== "any" && !user.has(role)) {
    const name = resolved === command ? command.name : `${command.name}|${resolved.name}`;
    return new ErrorReply(
      `NOPERM User ${user.name} has no permissions to run the '${name.toLowerCase()}' command`,
    );
  }
  if (queues && !queueArguments(queues, argv).every((queue) => user.mayAccess(queue))) {
    return new ErrorReply(NO_QUEUE_PERMISSION);
  }
  return undefined;
}

export function queueArguments(queues: QueueArguments, argv: Uint8Array[]): Uint8Array[] {
  if (!Array.isArray(queues)) {
    const at = argv.findIndex((argument, i) => i > 0 && word(argument) === queues.after);
    return at < 0 ? [] : argv.slice(at + 1);
  }
  const [first, last] = queues;
  return argv.slice(first, last < 0 ? undefined : last + 1);
}
