/**
 * How HELLO reads its arguments.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { wholeNumber, word } from "./arguments.ts";
import { clientName } from "./client_name.ts";
import { CommandError } from "./command.ts";

/** What HELLO asks for; undefined is left as it is. */
export interface HelloArguments {
  /** The protocol to speak from now on. */
  protocol?: 2 | 3;
  /** Who logs in, and the password. */
  auth?: [name: Uint8Array, password: Uint8Array];
  /** The connection's name. */
  name?: string;
}

/** Reads and checks everything before anything changes. @throws {CommandError} with the errors of Redis */
export function readHello(argv: Uint8Array[]): HelloArguments {
  const given: HelloArguments = {};
  let next = 1;
  if (argv.length > 1 && !["AUTH", "SETNAME"].includes(word(argv[1]))) given.protocol = readProtocol(argv[next++]);
  while (next < argv.length) {
    const option = word(argv[next]);
    const values = argv.length - next - 1;
    if (option === "AUTH" && values >= 2) {
      given.auth = [argv[next + 1], argv[next + 2]];
      next += 3;
    } else if (option === "SETNAME" && values >= 1) {
      given.name = clientName(argv[next + 1]);
      next += 2;
    } else {
      throw new CommandError(`ERR Syntax error in HELLO option '${printable(argv[next])}'`);
    }
  }
  return given;
}

function readProtocol(bytes: Uint8Array): 2 | 3 {
  const version = wholeNumber(bytes);
  if (version === undefined) throw new CommandError("ERR Protocol version is not an integer or out of range");
  if (version !== 2 && version !== 3) throw new CommandError("NOPROTO unsupported protocol version");
  return version;
}
