/**
 * What a command is, and how it says that the client did something wrong.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import type { ClientContext } from "../../core/client_context.ts";
import type { Reply } from "../../resp/reply.ts";

/** A row of the command table: one command as clients, `--help` and COMMAND see it. */
export interface Command {
  /** Upper case, as it is written in the documentation. */
  name: string;
  /** Fewest and most arguments after the name. */
  arity: [min: number, max: number];
  /** Who may use it: users with this role, "any" user that is logged in, or everyone ("open"). */
  role: Role | "any" | "open";
  /** Which arguments are names of queues; the user must be allowed to touch them. */
  queues?: Queues;
  /** The arguments as shown to people: `queue eventId contents [NOBLOCK]`. */
  syntax: string;
  /** One sentence without a full stop. */
  summary: string;
  /**
   * The command runs alone on its connection: not before the replies to the commands ahead of it, and none behind it
   * starts until it has replied. For commands that wait, that change the connection itself, or that take several steps.
   */
  exclusive?: boolean | ((argv: Uint8Array[]) => boolean);
  /** The command may wait for long, for something to happen, when it runs alone. */
  blocks?: boolean;
  /** The reply may be large, whatever the arguments. */
  largeReply?: boolean;
  /** The commands behind a first word, as in `CLIENT SETNAME`. Their arity counts what follows that word. */
  subcommands?: readonly Command[];
  /**
   * Does the command. `argv[0]` is the command's name, as in Redis.
   * @throws {CommandError} for what the client did wrong
   */
  handle(client: ClientContext, argv: Uint8Array[]): Reply | Promise<Reply>;
}

/**
 * Places of arguments, where 1 is the one after the command's name: from the first to the last, which is -1 for all that
 * follow; or all that follow a word, as in `COUNT 2 QUEUES a b`.
 */
export type Queues = [first: number, last: number] | { after: string };

/** What a client did wrong; its message is the error reply, code included. */
export class CommandError extends Error {
  /** Always "CommandError". */
  override name = "CommandError";
}
