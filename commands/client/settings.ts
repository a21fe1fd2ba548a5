/**
 * The subcommands of CLIENT for properties of the connection itself.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { printable } from "../../resp/printable.ts";
import { OK, type Reply } from "../../resp/reply.ts";
import { syntaxError, word } from "../shared/arguments.ts";
import { type Command, CommandError } from "../shared/command.ts";
import { clientName } from "../shared/login.ts";

export const clientSettings: readonly Command[] = [
  {
    name: "SETINFO",
    arity: [2, 2],
    role: "any",
    syntax: "[LIB-NAME libname | LIB-VER libver]",
    summary: "Sets the name or version of the client library",
    handle: setInfo,
  },
  {
    name: "SETNAME",
    arity: [1, 1],
    role: "any",
    syntax: "name",
    summary: "Sets the connection's name",
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
    summary: "Returns the connection's name",
    handle: (client) => client.name || null,
  },
  {
    name: "ID",
    arity: [0, 0],
    role: "any",
    syntax: "",
    summary: "Returns the connection's id",
    handle: (client) => client.id,
  },
  {
    name: "NO-EVICT",
    arity: [1, 1],
    role: "any",
    syntax: "ON|OFF",
    summary: "Does nothing: okq evicts no clients",
    handle: acceptSwitch,
  },
  {
    name: "NO-TOUCH",
    arity: [1, 1],
    role: "any",
    syntax: "ON|OFF",
    summary: "Does nothing: okq keeps no access times",
    handle: acceptSwitch,
  },
];

function setInfo(client: ClientContext, argv: Uint8Array[]): Reply {
  const attribute = printable(argv[2]);
  switch (word(argv[2])) {
    case "LIB-NAME":
      client.libName = clientName(argv[3], attribute);
      return OK;
    case "LIB-VER":
      client.libVersion = clientName(argv[3], attribute);
      return OK;
    default:
      throw new CommandError(`ERR Unrecognized option '${attribute}'`);
  }
}

function acceptSwitch(_client: ClientContext, argv: Uint8Array[]): Reply {
  if (!["ON", "OFF"].includes(word(argv[2]))) throw syntaxError(argv[2], "it must be ON or OFF");
  return OK;
}
