import type { ClientContext } from "../../core/client_context.ts";
import { outOfRange, word } from "../shared/arguments.ts";
import { clientId } from "./list.ts";
import { type Command, CommandError } from "../shared/command.ts";

/** Ends what a connection waits for. */
export const clientUnblock: Command = {
  name: "UNBLOCK",
  arity: [1, 2],
  role: "any",
  syntax: "client-id [TIMEOUT | ERROR]",
  summary: "Ends the wait of a connection in QCLAIM or QNOTIFY, as if its time were up or with an error",
  handle(client, argv) {
    const id = clientId(argv[2], outOfRange("client-id").message);
    const how = argv.length > 3 ? word(argv[3]) : "TIMEOUT";
    if (how !== "TIMEOUT" && how !== "ERROR") {
      throw new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    const other = client.server.clients.get(id);
    if (!other?.unblock || !mayUnblock(client, other)) return 0;
    other.unblock(how === "ERROR" ? new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK") : undefined);
    return 1;
  },
};

/** A consumer may end its own waits, of which it may have several connections. */
function mayUnblock(client: ClientContext, other: ClientContext): boolean {
  return client.user?.has("admin") || client.user?.name === other.user?.name;
}
