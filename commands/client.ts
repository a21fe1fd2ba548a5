import { clientInfo } from "./client/info.ts";
import { clientSettings } from "./client/settings.ts";
import { clientKill } from "./client/kill.ts";
import { clientList } from "./client/list.ts";
import { clientUnblock } from "./client/unblock.ts";
import { bySubcommand } from "./shared/subcommands.ts";
import type { Command } from "./shared/command.ts";

const subcommands: Command[] = [...clientSettings, clientInfo, clientList, clientKill, clientUnblock];

export const client: Command = {
  name: "CLIENT",
  arity: [1, Infinity],
  role: "any",
  syntax: "subcommand [argument ...]",
  summary: "Shows, names, unblocks and closes connections",
  subcommands,
  handle: bySubcommand("CLIENT", subcommands),
};
