/**
 * CLIENT INFO, and the line per connection that CLIENT LIST returns too.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import type { Command } from "../shared/command.ts";

export const clientInfo: Command = {
  name: "INFO",
  arity: [0, 0],
  role: "any",
  syntax: "",
  summary: "Returns information about this connection",
  handle: (client) => infoLine(client),
};

/** The fields are exactly those of Redis: redis-py fails if a number is missing, go-redis fails on an unknown field. */
export function infoLine(client: ClientContext): string {
  const now = Date.now();
  const fields = {
    id: client.id,
    addr: client.addr,
    laddr: client.laddr,
    fd: 0,
    name: client.name,
    age: seconds(now - client.connectedAt),
    idle: seconds(now - client.lastCommandAt),
    flags: "N",
    db: 0,
    sub: 0,
    psub: 0,
    ssub: 0,
    multi: -1,
    qbuf: 0,
    "qbuf-free": 0,
    "argv-mem": 0,
    "multi-mem": 0,
    rbs: 0,
    rbp: 0,
    obl: 0,
    oll: 0,
    omem: 0,
    "tot-mem": 0,
    events: "r",
    cmd: client.lastCommand.toLowerCase() || "NULL",
    user: client.user?.name ?? "(superuser)",
    redir: -1,
    resp: client.protocol,
    "lib-name": client.libName,
    "lib-ver": client.libVersion,
  };
  return Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(" ") + "\n";
}

/** 0 for a negative time, after the clock was set back. */
function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}
