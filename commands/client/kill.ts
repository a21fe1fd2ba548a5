import { keyOf } from "../../store/bytes.ts";
import type { ClientContext } from "../../core/context.ts";
import { logAction } from "../../core/operator_log.ts";
import { printable } from "../../resp/printable.ts";
import { OK } from "../../resp/reply.ts";
import { readOptions, syntaxError, word } from "../shared/arguments.ts";
import { clientId, isNormal } from "./list.ts";
import { type Command, CommandError } from "../shared/command.ts";

export const clientKill: Command = {
  name: "KILL",
  arity: [1, 12],
  role: "admin",
  syntax: "[addr | [ID client-id] [TYPE normal|master|replica|pubsub] [USER username] [ADDR addr] [LADDR addr] " +
    "[SKIPME yes|no]]",
  summary: "Closes the connections that match an address or all given filters",
  handle(client, argv) {
    if (argv.length === 3) {
      const addr = address(argv[2]);
      if (close(client, argv, (other) => other.addr === addr) === 0) throw new CommandError("ERR No such client");
      return OK;
    }
    const { ID, TYPE, USER, ADDR, LADDR, SKIPME } = readOptions(argv, 2, {
      ID: (bytes) => clientId(bytes, "ERR client-id should be greater than 0"),
      TYPE: isNormal,
      USER: (bytes) => userName(client, bytes),
      ADDR: address,
      LADDR: address,
      SKIPME: yesOrNo,
    });
    return close(
      client,
      argv,
      (other) =>
        (ID === undefined || other.id === ID) && TYPE !== false &&
        (USER === undefined || other.user?.name === USER) && (ADDR === undefined || other.addr === ADDR) &&
        (LADDR === undefined || other.laddr === LADDR) && (SKIPME === false || other !== client),
    );
  },
};

/** Closes the matching connections, the caller's own after its reply. */
function close(client: ClientContext, argv: Uint8Array[], matches: (other: ClientContext) => boolean): number {
  const matching = [...client.server.clients.values()].filter(matches);
  const clients = argv.slice(2).map((word) => printable(word)).join(" ");
  logAction(client, "kill", { clients, changed: matching.length });
  for (const other of matching) other === client ? client.closeAfterReply() : other.kill();
  return matching.length;
}

/** Cut at 128 bytes, more than any address has. */
function address(bytes: Uint8Array): string {
  return keyOf(bytes.subarray(0, 128));
}

function userName(client: ClientContext, bytes: Uint8Array): string {
  const name = keyOf(bytes.subarray(0, 256));
  if (!client.server.authenticator.has(name)) throw new CommandError(`ERR No such user '${printable(bytes)}'`);
  return name;
}

function yesOrNo(bytes: Uint8Array): boolean {
  const answer = word(bytes);
  if (answer !== "YES" && answer !== "NO") throw syntaxError(bytes, "SKIPME is yes or no");
  return answer === "YES";
}
