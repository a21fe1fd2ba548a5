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
    const { authenticator, connectionLeases, registrations } = client.server;
    client.user = authenticator.defaultUser;
    client.name = "";
    client.protocol = 2;
    await Promise.all([registrations.deregister(client), connectionLeases.release(client)]);
    return RESET;
  },
};
