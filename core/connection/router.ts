/**
 * What connections work with: commands as far as they must know them, and what all of them share.
 *
 * @module
 */
import type { ErrorReply, Reply } from "../../resp/reply.ts";
import type { DecoderLimits } from "./decoder_limits.ts";
import type { ClientContext } from "../client_context.ts";
import type { MemoryLimit } from "./memory_limit.ts";
import type { ReplyBudget } from "./reply_budget.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ReadBudget } from "./read_budget.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** A command as far as a connection must know it. */
export interface Route {
  /** Its name. */
  name: string;
  /** Its place in the table of commands. */
  index: number;
  /** Whether its first argument is the name of a queue. */
  startsWithQueue?: boolean;
  /** Whether it runs alone, whatever its arguments or by what they are. */
  exclusive?: boolean | ((argv: Uint8Array[]) => boolean);
  /** Whether it may wait for long, for something to happen, when it runs alone. */
  blocks?: boolean;
  /** Whether its reply may be large, whatever its arguments. */
  largeReply?: boolean;
}

/** Whether a command runs alone. */
export function isExclusive({ exclusive = false }: Route, argv: Uint8Array[]): boolean {
  return typeof exclusive === "boolean" ? exclusive : exclusive(argv);
}

/** Finds and runs commands. */
export interface Router<R extends Route = Route> {
  /** The command of this name, if there is one. */
  find(name: Uint8Array): R | undefined;
  /**
   * Why a command may not run, if so; always if there is none.
   * @param oversized length in bytes of an argument that was too long to keep, or 0
   */
  refusal(route: R | undefined, client: ClientContext, argv: Uint8Array[], oversized: number): ErrorReply | undefined;
  /** Runs a command that was not refused. */
  run(route: R, client: ClientContext, argv: Uint8Array[]): Reply | Promise<Reply>;
  /** The reply for what a command threw. */
  failed(error: unknown): ErrorReply;
}

/** What connections share. */
export interface ConnectionDeps {
  /** Runs their commands. */
  runner: Dispatcher;
  /** Counts what they do. */
  metrics: Metrics;
  /** What their decoders accept. */
  accepted: DecoderLimits;
  /** What all of them have in flight. */
  inFlight: MemoryLimit;
  /** The large replies that all of them expect. */
  large: ReplyBudget;
  /** The pace at which those read that read much. */
  pace: ReadBudget;
  /** Told when a client has got its last reply, before it has hung up. */
  left(client: ClientContext): void;
}
