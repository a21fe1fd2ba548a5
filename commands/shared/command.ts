/**
 * A row of the command table.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import type { CommandSpec } from "../../core/command_spec.ts";

export { CommandError } from "../../core/command_spec.ts";
export { Delivery } from "../../core/connection/reply_queue.ts";

/** A command as clients, `--help` and COMMAND see it. */
export interface Command extends CommandSpec {
  /** Users with this role, "any" logged-in user, or any client ("open"). */
  role: Role | "any" | "open";
  /** As in `queue eventId contents [NOBLOCK]`. */
  syntax: string;
  /** One sentence without a period, in the third person: "Returns …". */
  summary: string;
  /** As in `CLIENT SETNAME`. Their arity counts what follows that word. */
  subcommands?: readonly Command[];
}
