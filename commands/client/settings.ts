/**
 * The subcommands of CLIENT by which a connection says something of itself.
 *
 * @module
 */
import type { ClientContext } from "../../core/client_context.ts";
import { printable } from "../../resp/printable.ts";
import { OK, type Reply } from "../../resp/reply.ts";
import { syntaxError, word } from "../shared/arguments.ts";
import { clientName } from "../shared/client_name.ts";
import { type Command, CommandError } from "../shared/command.ts";

/** Name, library and switches of a connection. */
export const clientSettings: readonly Command[] = [
  {
    name: "SETINFO",
    arity: [2, 2],
    role: "any",
    syntax: "[LIB-NAME libname | LIB-VER libver]",
    summary: "Says which library the connection uses",
    handle: setInfo,
  },
  {
    name: "SETNAME",
    arity: [1, 1],
    role: "any",
    syntax: "name",
    summary: "Names the connection",
    handle(client, argv) {
      client.name = clientName(argv[2]);
      return OK;
    },
  },
  {
    name: "GETNAME",
    arity: [0, 0],
    role: "any",
    syntax: "",
    summary: "Shows the connection's name",
    handle: (client) => client.name || null,
  },
  {
    name: "ID",
    arity: [0, 0],
    role: "any",
    syntax: "",
    summary: "Shows the connection's number",
    handle: (client) => client.id,
  },
  {
    name: "NO-EVICT",
    arity: [1, 1],
    role: "any",
    syntax: "ON|OFF",
    summary: "Accepts either: okq closes no connection to save memory",
    handle: acceptSwitch,
  },
  {
    name: "NO-TOUCH",
    arity: [1, 1],
    role: "any",
    syntax: "ON|OFF",
    summary: "Accepts either: okq keeps no times of use",
    handle: acceptSwitch,
  },
];

function setInfo(client: ClientContext, argv: Uint8Array[]): Reply {
  const asked = printable(argv[2]);
  switch (word(argv[2])) {
    case "LIB-NAME":
      client.libName = clientName(argv[3], asked);
      return OK;
    case "LIB-VER":
      client.libVersion = clientName(argv[3], asked);
      return OK;
    default:
      throw new CommandError(`ERR Unrecognized option '${asked}'`);
  }
}

function acceptSwitch(_client: ClientContext, argv: Uint8Array[]): Reply {
  if (!["ON", "OFF"].includes(word(argv[2]))) throw syntaxError();
  return OK;
}
