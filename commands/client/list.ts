import type { ClientContext } from "../../core/context.ts";
import { printable } from "../../resp/printable.ts";
import { syntaxError, wholeNumber, word } from "../shared/arguments.ts";
import { infoLine } from "./info.ts";
import { type Command, CommandError } from "../shared/command.ts";

export const clientList: Command = {
  name: "LIST",
  arity: [0, Infinity],
  role: "admin",
  syntax: "[TYPE normal|master|replica|pubsub] [ID client-id [client-id ...]]",
  summary: "Returns information about connections, one line each",
  handle(client, argv) {
    const { clients } = client.server;
    let listed: Iterable<ClientContext> = clients.values();
    if (argv.length > 2) {
      const option = word(argv[2]);
      if (option === "TYPE" && argv.length === 4) {
        listed = isNormal(argv[3]) ? listed : [];
      } else if (option === "ID" && argv.length > 3) {
        listed = argv.slice(3).flatMap((id) => clients.get(clientId(id, "ERR Invalid client ID")) ?? []);
      } else {
        throw syntaxError();
      }
    }
    return Array.from(listed, infoLine).join("");
  },
};

/** Whether a client type is NORMAL, the type of all connections of okq. @throws {CommandError} for an unknown type */
export function isNormal(type: Uint8Array): boolean {
  const name = word(type);
  if (["MASTER", "SLAVE", "REPLICA", "PUBSUB"].includes(name)) return false;
  if (name !== "NORMAL") throw new CommandError(`ERR Unknown client type '${printable(type)}'`);
  return true;
}

export function clientId(bytes: Uint8Array, message: string): number {
  const id = wholeNumber(bytes);
  if (id === undefined || id < 1) throw new CommandError(message);
  return id;
}
