import type { ClientContext } from "../../core/context.ts";
import { outOfRange, word } from "../shared/arguments.ts";
import { clientId } from "./list.ts";
import { type Command, CommandError } from "../shared/command.ts";

export const clientUnblock: Command = {
  name: "UNBLOCK",
  arity: [1, 2],
  role: "any",
  syntax: "client-id [TIMEOUT | ERROR]",
  summary: "Unblocks a connection that waits in QCLAIM or QNOTIFY, as if it had timed out or with an error",
  handle(client, argv) {
    const id = clientId(argv[2], outOfRange("client-id").message);
    const reason = argv.length > 3 ? word(argv[3]) : "TIMEOUT";
    if (reason !== "TIMEOUT" && reason !== "ERROR") {
      throw new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    const other = client.server.clients.get(id);
    if (!other?.unblock || !mayUnblock(client, other)) return 0;
    other.unblock(reason === "ERROR" ? new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK") : undefined);
    return 1;
  },
};

/** Without the admin role a user may unblock only its own connections. */
function mayUnblock(client: ClientContext, other: ClientContext): boolean {
  return client.user?.has("admin") || client.user?.name === other.user?.name;
}
