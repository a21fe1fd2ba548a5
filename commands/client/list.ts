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
      if (option !== "TYPE" && option !== "ID") throw syntaxError(argv[2], "the options are TYPE and ID");
      if (argv.length === 3) throw syntaxError(argv[2], "a value must follow");
      if (option === "ID") {
        listed = argv.slice(3).flatMap((id) => clients.get(clientId(id, "ERR Invalid client ID")) ?? []);
      } else {
        if (argv.length > 4) throw syntaxError(argv[4], "TYPE has one value");
        listed = isNormal(argv[3]) ? listed : [];
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
