import { Status } from "../resp/reply.ts";
import type { Command } from "./shared/command.ts";

const RESET = new Status("RESET");

export const reset: Command = {
  name: "RESET",
  arity: [0, 0],
  role: "open",
  syntax: "",
  summary: "Resets the connection: deregisters, releases held events, logs out, removes its name and switches to RESP2",
  exclusive: true,
  async handle(client) {
    await client.server.registrations.register(client, []);
    await client.server.connectionLeases.release(client);
    client.user = client.server.authenticator.defaultUser;
    client.name = "";
    client.protocol = 2;
    return RESET;
  },
};
