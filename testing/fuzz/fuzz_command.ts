/**
 * Types of the commands that are fuzzed, and of the replies that are expected.
 *
 * @module
 */
import type { ModelQueue } from "../../tests/support/model_queue.ts";
import type { Shown } from "../../tests/support/wire.ts";
import type { Argument } from "./arguments.ts";
import type { Model } from "./model.ts";

/** Any of several replies. */
export class OneOf {
  constructor(readonly replies: readonly Expected[]) {}
}

/** A reply that is known in part. */
export class Like {
  /**
   * @param known what is known, shown when a reply does not match
   * @param matches whether a reply matches
   */
  constructor(readonly known: unknown, readonly matches: (reply: Shown) => boolean) {}
}

/** An expected reply. */
export type Expected = Shown | OneOf | Like | Expected[] | Map<string, Expected>;

/** A command with good arguments. */
export class Request {
  /**
   * @param model the state in which it runs
   * @param connection the number of the connection that sends it
   * @param args as in the row of the command; queues by name
   * @param options the given options; a flag has an empty value
   */
  constructor(
    readonly model: Model,
    readonly connection: number,
    readonly protocol: 2 | 3,
    readonly args: string[],
    readonly options: Map<string, string>,
  ) {}

  /** The queue that the first argument names. */
  get queue(): ModelQueue {
    return this.model.queue(this.args[0]);
  }

  /** The number that an option gives, times a factor. */
  number(option: string, factor = 1): number | undefined {
    const value = this.options.get(option);
    return value === undefined ? undefined : Number(value) * factor;
  }
}

/** An option of a command. */
export interface FuzzOption {
  /** Its value; a flag has none. */
  value?: Argument;
  /** The effect may follow the reply, so that other connections see either state. */
  background?: boolean;
}

/** A command that is fuzzed. */
export interface FuzzCommand {
  name: string;
  /** The subcommand, for a container. */
  sub?: string;
  /** Its share among all calls. */
  weight: number;
  /** Arguments before the options, by the names that errors use. */
  args: Record<string, Argument>;
  options?: Record<string, FuzzOption>;
  /** A word that the arguments follow; the options then stand before it. */
  behind?: string;
  /** The reply depends on the connection, or the command waits: excluded where connections share queues. */
  personal?: boolean;
  /** Applies the command to the model and returns the expected reply. */
  answer(request: Request): Expected;
}

/** The answer of a command that replies OK. @param change applies it to the model */
export function done(change: (request: Request) => unknown): FuzzCommand["answer"] {
  return (request) => {
    change(request);
    return "+OK";
  };
}
