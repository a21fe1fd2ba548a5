import { clientInfo } from "./client_info.ts";
import { clientSettings } from "./client_settings.ts";
import { clientKill } from "./client_kill.ts";
import { clientList } from "./client_list.ts";
import { clientUnblock } from "./client_unblock.ts";
import { bySubcommand } from "./subcommands.ts";
import type { Command } from "./types.ts";

const subcommands: Command[] = [...clientSettings, clientInfo, clientList, clientKill, clientUnblock];

/** Shows and manages connections. */
export const client: Command = {
  name: "CLIENT",
  arity: [1, Infinity],
  role: "any",
  syntax: "subcommand [argument ...]",
  summary: "Names, shows, wakes and closes connections",
  subcommands,
  handle: bySubcommand("CLIENT", subcommands),
};
