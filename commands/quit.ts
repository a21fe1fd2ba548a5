import { OK } from "../resp/reply.ts";
import type { Command } from "./shared/command.ts";

/** Ends the connection in an orderly way. */
export const quit: Command = {
  name: "QUIT",
  arity: [0, Infinity],
  role: "open",
  syntax: "",
  summary: "Closes the connection after the replies to everything before",
  exclusive: true,
  handle(client) {
    client.closeAfterReply();
    return OK;
  },
};
