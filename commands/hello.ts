import { REDIS_VERSION } from "../core/version.ts";
import type { Reply } from "../resp/reply.ts";
import { readHello } from "./hello_arguments.ts";
import type { Command } from "./types.ts";

/** Chooses the protocol and says who the server is. */
export const hello: Command = {
  name: "HELLO",
  arity: [0, 6],
  syntax: "[2|3] [AUTH username password] [SETNAME name]",
  summary: "Switches to RESP2 or RESP3 and says who the server is",
  alone: true,
  handle(client, argv) {
    const { protocol = client.protocol, name = client.name } = readHello(argv);
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
