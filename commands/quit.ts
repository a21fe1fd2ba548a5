import { OK } from "../resp/reply.ts";
import type { Command } from "./shared/command.ts";

export const quit: Command = {
  name: "QUIT",
  arity: [0, Infinity],
  role: "open",
  syntax: "",
  summary: "Closes the connection after all pending replies",
  exclusive: true,
  handle(client) {
    client.closeAfterReply();
    return OK;
  },
};
