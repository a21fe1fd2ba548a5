/**
 * A row of the command table: one command as clients, `--help` and COMMAND see it.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import type { CommandSpec } from "../../core/command.ts";

export { CommandError } from "../../core/command.ts";

/** One command: how it is dispatched, who may run it, and how it is shown. */
export interface Command extends CommandSpec {
  /** Who may run it: users with this role, "any" logged-in user, or any client ("open"). */
  role: Role | "any" | "open";
  /** Its arguments as people read them: `queue eventId contents [NOBLOCK]`. */
  syntax: string;
  /** One sentence without a period, in the third person: "Returns …". */
  summary: string;
  /** Commands behind a first word, as in `CLIENT SETNAME`. Their arity counts what follows that word. */
  subcommands?: readonly Command[];
}
