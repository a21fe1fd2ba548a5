import type { ClientContext } from "../../core/client_context.ts";
import { printable } from "../../resp/printable.ts";
import { syntaxError, wholeNumber, word } from "../shared/arguments.ts";
import { infoLine } from "./info.ts";
import { type Command, CommandError } from "../shared/command.ts";

/** Shows all connections, or some of them. */
export const clientList: Command = {
  name: "LIST",
  arity: [0, Infinity],
  role: "admin",
  syntax: "[TYPE normal|master|replica|pubsub] [ID client-id [client-id ...]]",
  summary: "Shows what is known of connections, a line for each",
  handle(client, argv) {
    const { clients } = client.server;
    let shown: Iterable<ClientContext> = clients.values();
    if (argv.length > 2) {
      const option = word(argv[2]);
      if (option === "TYPE" && argv.length === 4) {
        shown = isNormal(argv[3]) ? shown : [];
      } else if (option === "ID" && argv.length > 3) {
        shown = argv.slice(3).flatMap((id) => clients.get(clientId(id, "ERR Invalid client ID")) ?? []);
      } else {
        throw syntaxError();
      }
    }
    return Array.from(shown, infoLine).join("");
  },
};

/** Whether this is the type of okq's connections; the other types of Redis have none. */
export function isNormal(type: Uint8Array): boolean {
  const name = word(type);
  if (["MASTER", "SLAVE", "REPLICA", "PUBSUB"].includes(name)) return false;
  if (name !== "NORMAL") throw new CommandError(`ERR Unknown client type '${printable(type)}'`);
  return true;
}

/** A connection's number. @throws {CommandError} with the given text for anything else */
export function clientId(bytes: Uint8Array, otherwise: string): number {
  const id = wholeNumber(bytes);
  if (id === undefined || id < 1) throw new CommandError(otherwise);
  return id;
}
