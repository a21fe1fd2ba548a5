/**
 * The `Command` type: one command as dispatch, COMMAND, `--help` and permissions read it.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import type { ClientContext } from "../../core/client_context.ts";
import type { Reply } from "../../resp/reply.ts";

/** A row of the command table. */
export interface Command {
  /** Upper case. */
  name: string;
  /** Number of arguments after the name. */
  arity: [min: number, max: number];
  /** The role a user needs; "any" logged-in user, or "open" to clients that are not logged in. */
  role: Role | "any" | "open";
  /** Which arguments are queue names; the user must have access to all of them. */
  queues?: Queues;
  /** The arguments as people read them: `queue eventId contents [NOBLOCK]`. */
  syntax: string;
  /** One sentence without a period, in the third person: "Returns …". */
  summary: string;
  /**
   * The command runs alone on its connection: it starts after all earlier replies, and later commands start after its
   * reply. Set for commands that block, change the connection, or make several store calls.
   */
  exclusive?: boolean | ((argv: Uint8Array[]) => boolean);
  /** The command, when exclusive, may wait for an event for a long time. */
  blocks?: boolean;
  /** The reply may be large, whatever the arguments. */
  largeReply?: boolean;
  /** Subcommands, as in `CLIENT SETNAME`. Their arity excludes the subcommand's name. */
  subcommands?: readonly Command[];
  /**
   * Runs the command. `argv[0]` is its name, as in Redis.
   * @throws {CommandError} for errors of the client
   */
  handle(client: ClientContext, argv: Uint8Array[]): Reply | Promise<Reply>;
}

/**
 * Indexes of arguments, 1 for the first after the name: a range, where -1 is the last argument, or all arguments after
 * a word, as in `COUNT 2 QUEUES a b`.
 */
export type Queues = [first: number, last: number] | { after: string };

/** An error of the client. The message is the error reply, code included. */
export class CommandError extends Error {
  override name = "CommandError";
}
