import { REDIS_VERSION } from "../core/version.ts";
import { printable } from "../resp/printable.ts";
import type { Reply } from "../resp/reply.ts";
import { wholeNumber, word } from "./arguments.ts";
import { clientName } from "./client_name.ts";
import { checkUser } from "./password.ts";
import { type Command, CommandError } from "./types.ts";

/** Chooses the protocol and says who the server is. */
export const hello: Command = {
  name: "HELLO",
  arity: [0, 6],
  syntax: "[2|3] [AUTH username password] [SETNAME name]",
  summary: "Switches to RESP2 or RESP3 and says who the server is",
  alone: true,
  handle(client, argv) {
    // Everything is checked before anything changes: after an error the connection is as it was.
    let { protocol, name } = client;
    let next = 1;
    if (argv.length > 1 && !["AUTH", "SETNAME"].includes(word(argv[1]))) protocol = readProtocol(argv[next++]);
    while (next < argv.length) {
      const option = word(argv[next]);
      const values = argv.length - next - 1;
      if (option === "AUTH" && values >= 2) {
        checkUser(argv[next + 1]);
        next += 3;
      } else if (option === "SETNAME" && values >= 1) {
        name = clientName(argv[next + 1]);
        next += 2;
      } else {
        throw new CommandError(`ERR Syntax error in HELLO option '${printable(argv[next].subarray(0, 128))}'`);
      }
    }
    client.protocol = protocol;
    client.name = name;
    // Server and version are a pair that clients choose features by; okq's own name and version are in INFO.
    return new Map<string, Reply>([
      ["server", "redis"],
      ["version", REDIS_VERSION],
      ["proto", protocol],
      ["id", client.id],
      ["mode", "standalone"],
      ["role", "master"],
      ["modules", []],
    ]);
  },
};

function readProtocol(bytes: Uint8Array): 2 | 3 {
  const version = wholeNumber(bytes);
  if (version === undefined) throw new CommandError("ERR Protocol version is not an integer or out of range");
  if (version !== 2 && version !== 3) throw new CommandError("NOPROTO unsupported protocol version");
  return version;
}
