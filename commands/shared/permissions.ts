/**
 * Whether a user may run a command, by what the command's row says.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import { ErrorReply } from "../../resp/reply.ts";
import { word } from "./arguments.ts";
import { resolveSubcommand } from "./subcommands.ts";
import type { Command, Queues } from "./command.ts";

const NOAUTH = new ErrorReply("NOAUTH Authentication required.");
const NO_QUEUE_PERMISSION = new ErrorReply("NOPERM No permissions to access a key");

/** The reply of Redis for a command that the user may not run, or undefined if it may. @param user none if not logged in */
export function permissionError(row: Command, user: User | undefined, argv: Uint8Array[]): ErrorReply | undefined {
  if (user?.unlimited) return undefined;
  const needed = resolveSubcommand(row, argv);
  const { role } = needed;
  if (role === "open") return undefined;
  if (user === undefined) return NOAUTH;
  if (role !== "any" && !user.has(role)) {
    const name = needed === row ? row.name : `${row.name}|${needed.name}`;
    return new ErrorReply(
      `NOPERM User ${user.name} has no permissions to run the '${name.toLowerCase()}' command`,
    );
  }
  if (needed.queues && !queueArguments(needed.queues, argv).every((queue) => user.mayAccess(queue))) {
    return NO_QUEUE_PERMISSION;
  }
  return undefined;
}

/** The arguments that are names of queues. */
export function queueArguments(queues: Queues, argv: Uint8Array[]): Uint8Array[] {
  if (!Array.isArray(queues)) {
    const at = argv.findIndex((argument, i) => i > 0 && word(argument) === queues.after);
    return at < 0 ? [] : argv.slice(at + 1);
  }
  const [first, last] = queues;
  return argv.slice(first, last < 0 ? undefined : last + 1);
}
