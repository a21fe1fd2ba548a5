/**
 * What connections work with: commands as far as they must know them, and what all of them share.
 *
 * @module
 */
import type { ErrorReply, Reply } from "../../resp/reply.ts";
import type { Accepted } from "./decoder_limits.ts";
import type { Client } from "../client_context.ts";
import type { InFlight } from "./memory_limit.ts";
import type { LargeReplies } from "./reply_budget.ts";
import type { Meters } from "../metrics/metrics.ts";
import type { Pace } from "./read_budget.ts";
import type { Runner } from "./dispatcher.ts";

/** A command as far as a connection must know it. */
export interface Route {
  /** Its name. */
  name: string;
  /** Its place in the table of commands. */
  place: number;
  /** Whether its first argument is the name of a queue. */
  named?: boolean;
  /** Whether it runs alone, whatever its arguments or by what they are. */
  alone?: boolean | ((argv: Uint8Array[]) => boolean);
  /** Whether it may wait for long, for something to happen, when it runs alone. */
  waits?: boolean;
  /** Whether its reply may be large, whatever its arguments. */
  large?: boolean;
}

/** Whether a command runs alone. */
export function runsAlone({ alone = false }: Route, argv: Uint8Array[]): boolean {
  return typeof alone === "boolean" ? alone : alone(argv);
}

/** Finds and runs commands. */
export interface Router<R extends Route = Route> {
  /** The command of this name, if there is one. */
  find(name: Uint8Array): R | undefined;
  /**
   * Why a command may not run, if so; always if there is none.
   * @param oversized length in bytes of an argument that was too long to keep, or 0
   */
  refusal(route: R | undefined, client: Client, argv: Uint8Array[], oversized: number): ErrorReply | undefined;
  /** Runs a command that was not refused. */
  run(route: R, client: Client, argv: Uint8Array[]): Reply | Promise<Reply>;
  /** The reply for what a command threw. */
  failed(error: unknown): ErrorReply;
}

/** What connections share. */
export interface Shared {
  /** Runs their commands. */
  runner: Runner;
  /** Counts what they do. */
  meters: Meters;
  /** What their decoders accept. */
  accepted: Accepted;
  /** What all of them have in flight. */
  inFlight: InFlight;
  /** The large replies that all of them expect. */
  large: LargeReplies;
  /** The pace at which those read that read much. */
  pace: Pace;
  /** Told when a client has got its last reply, before it has hung up. */
  left(client: Client): void;
}
