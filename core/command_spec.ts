/**
 * A command as the dispatcher sees it. `commands/shared/command.ts` adds what clients are shown.
 *
 * @module
 */
import type { Reply } from "../resp/reply.ts";
import type { Delivery } from "./connection/reply_queue.ts";
import type { ClientContext } from "./context.ts";

export interface CommandSpec {
  /** In upper case. */
  name: string;
  /** Counted after the name. */
  arity: [min: number, max: number];
  /** Which arguments are queue names; a user needs access to each. */
  queues?: QueueArguments;
  /**
   * Begins when all earlier commands of its connection are answered, and holds back later ones until it is answered:
   * for commands that block, change the connection, or take several steps. See `followsBrief`.
   */
  exclusive?: boolean | ((argv: Uint8Array[]) => boolean);
  /**
   * An exclusive command that may begin while earlier `brief` ones are not answered: they travel to the store in one
   * call, which performs them in their order.
   */
  followsBrief?(argv: Uint8Array[]): boolean;
  /** Changes one event in one step of the store, and has a small reply. */
  brief?: boolean;
  /** May wait for an event, for as long as the client said. Only for exclusive commands. */
  blocks?: boolean;
  /** The reply may be large, whatever the arguments are. */
  largeReply?: boolean;
  /** META of what it pushes, for its span. Called only for arguments that {@linkcode handle} has accepted. */
  pushedMeta?(argv: Uint8Array[]): Uint8Array | undefined;
  /**
   * `argv[0]` is the name, as in Redis.
   * @throws {CommandError} if the client made a mistake
   */
  handle(client: ClientContext, argv: Uint8Array[]): Reply | Promise<Reply | Delivery>;
}

/**
 * Positions of queue names: the first and the last, where 1 follows the command's name and -1 is the last argument; or
 * all arguments after a word, as in `COUNT 2 QUEUES a b`.
 */
export type QueueArguments = [first: number, last: number] | { after: string };

/** A mistake of the client. The message is the error reply, its code included. */
export class CommandError extends Error {
  override name = "CommandError";
}

export function isExclusive({ exclusive = false }: CommandSpec, argv: Uint8Array[]): boolean {
  return typeof exclusive === "boolean" ? exclusive : exclusive(argv);
}
