import { REDIS_VERSION } from "../core/version.ts";
import { printable } from "../resp/printable.ts";
import type { Reply } from "../resp/reply.ts";
import { wholeNumber, word } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";
import { clientName, login, switchUser } from "./shared/login.ts";

/** The text of Redis. */
const AUTH_REQUIRED =
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH " +
  "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time";

export const hello: Command = {
  name: "HELLO",
  arity: [0, 6],
  role: "open",
  syntax: "[2|3] [AUTH username password] [SETNAME name]",
  summary: "Switches to RESP2 or RESP3 and describes the server",
  exclusive: true,
  async handle(client, argv) {
    const { protocol = client.protocol, name = client.name, auth } = readArguments(argv);
    const user = auth ? await login(client, ...auth) : client.user;
    if (user === undefined) throw new CommandError(AUTH_REQUIRED);
    await switchUser(client, user);
    client.protocol = protocol;
    client.name = name;
    // Clients choose features by the pair of server and version; INFO has okq's own version.
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

/** An undefined field leaves the connection's value unchanged. */
interface HelloArguments {
  protocol?: 2 | 3;
  auth?: [name: Uint8Array, password: Uint8Array];
  name?: string;
}

/** Checks all arguments before one takes effect. */
function readArguments(argv: Uint8Array[]): HelloArguments {
  const result: HelloArguments = {};
  let next = 1;
  if (argv.length > 1 && !["AUTH", "SETNAME"].includes(word(argv[1]))) result.protocol = readProtocol(argv[next++]);
  while (next < argv.length) {
    const option = word(argv[next]);
    const values = argv.length - next - 1;
    if (option === "AUTH" && values >= 2) {
      result.auth = [argv[next + 1], argv[next + 2]];
      next += 3;
    } else if (option === "SETNAME" && values >= 1) {
      result.name = clientName(argv[next + 1]);
      next += 2;
    } else {
      throw new CommandError(`ERR Syntax error in HELLO option '${printable(argv[next])}'`);
    }
  }
  return result;
}

function readProtocol(bytes: Uint8Array): 2 | 3 {
  const version = wholeNumber(bytes);
  if (version === undefined) throw new CommandError("ERR Protocol version is not an integer or out of range");
  if (version !== 2 && version !== 3) throw new CommandError("NOPROTO unsupported protocol version");
  return version;
}
