import { Status } from "../resp/reply.ts";
import type { Command } from "./shared/command.ts";

const PONG = new Status("PONG");

export const ping: Command = {
  name: "PING",
  arity: [0, 1],
  role: "any",
  syntax: "[message]",
  summary: "Returns PONG, or the message",
  handle: (_client, argv) => argv.length > 1 ? argv[1] : PONG,
};
