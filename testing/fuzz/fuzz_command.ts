/**
 * Types of fuzzed commands and of expected replies.
 *
 * @module
 */
import type { ModelQueue } from "../../tests/support/model_queue.ts";
import type { Shown } from "../../tests/support/wire.ts";
import type { Argument } from "./arguments.ts";
import type { Model } from "./model.ts";

export class OneOf {
  constructor(readonly replies: readonly Expected[]) {}
}

/** A reply that is known in part. */
export class Like {
  /** @param known shown when a reply does not match */
  constructor(readonly known: unknown, readonly matches: (reply: Shown) => boolean) {}
}

export type Expected = Shown | OneOf | Like | Expected[] | Map<string, Expected>;

export class Request {
  /**
   * @param model the state in which it runs
   * @param args as in the row of the command; queues by name
   * @param options a flag has an empty value
   */
  constructor(
    readonly model: Model,
    readonly connection: number,
    readonly protocol: 2 | 3,
    readonly args: string[],
    readonly options: Map<string, string>,
  ) {}

  get queue(): ModelQueue {
    return this.model.queue(this.args[0]);
  }

  number(option: string, factor = 1): number | undefined {
    const value = this.options.get(option);
    return value === undefined ? undefined : Number(value) * factor;
  }
}

export interface FuzzOption {
  /** A flag has none. */
  value?: Argument;
  /** The effect may follow the reply, so that other connections see either state. */
  background?: boolean;
}

export interface FuzzCommand {
  name: string;
  /** The subcommand, for a container. */
  sub?: string;
  /** Its share among all calls. */
  weight: number;
  /** Arguments before the options, by the names that errors use. */
  args: Record<string, Argument>;
  options?: Record<string, FuzzOption>;
  /** The arguments follow this word, and the options stand before it. */
  behind?: string;
  /** With `behind`: the number of arguments that stand before the options. Default: 0. */
  before?: number;
  /** The reply depends on the connection, or the command waits: excluded where connections share queues. */
  personal?: boolean;
  /** Applies the command to the model. */
  answer(request: Request): Expected;
}

/** For a command that replies OK. @param change applies it to the model */
export function done(change: (request: Request) => unknown): FuzzCommand["answer"] {
  return (request) => {
    change(request);
    return "+OK";
  };
}
