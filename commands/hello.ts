import { REDIS_VERSION } from "../core/version.ts";
import type { Reply } from "../resp/reply.ts";
import { readHello } from "./shared/hello_arguments.ts";
import { login, switchUser } from "./shared/login.ts";
import { type Command, CommandError } from "./shared/command.ts";

/** The words of Redis for a HELLO that does not say who it is. */
const AUTH_REQUIRED =
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH " +
  "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time";

/** Chooses the protocol and says who the server is. */
export const hello: Command = {
  name: "HELLO",
  arity: [0, 6],
  role: "open",
  syntax: "[2|3] [AUTH username password] [SETNAME name]",
  summary: "Switches to RESP2 or RESP3 and says who the server is",
  exclusive: true,
  async handle(client, argv) {
    const { protocol = client.protocol, name = client.name, auth } = readHello(argv);
    const user = auth ? await login(client, ...auth) : client.user;
    if (user === undefined) throw new CommandError(AUTH_REQUIRED);
    await switchUser(client, user);
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
