/**
 * What is known of a command that is fuzzed.
 *
 * @module
 */
import type { Shown } from "../../tests/support/wire.ts";
import type { Kind } from "./arguments.ts";
import type { Model } from "./model.ts";

/** One of several replies, each as good as the others. */
export class OneOf {
  constructor(readonly replies: readonly Expected[]) {}
}

/** A reply of which not all is known beforehand. */
export class Like {
  /**
   * @param known what is known of it, for people
   * @param fits whether a reply may be it
   */
  constructor(readonly known: unknown, readonly fits: (reply: Shown) => boolean) {}
}

/** What may be answered. */
export type Expected = Shown | OneOf | Like | Expected[] | Map<string, Expected>;

/** A command with good arguments, as a connection sends it. */
export interface Asked {
  /** Which connection sends it. */
  connection: number;
  /** The protocol that it speaks. */
  protocol: 2 | 3;
  /** The arguments, as in the row; queues are names. */
  args: string[];
  /** The options that were given, by name: a flag is an empty text. */
  options: Map<string, string>;
}

/** An option of a command. */
export interface FuzzOption {
  /** What it takes; nothing if it is a flag. */
  value?: Kind;
  /** The reply comes before the effect, so that others may see either. */
  background?: boolean;
}

/** A command. */
export interface FuzzCommand {
  /** As in the table of commands. */
  name: string;
  /** The subcommand, if it is a family. */
  sub?: string;
  /** How often it comes up. */
  weight: number;
  /** What its arguments are, by what errors call them. */
  args: Record<string, Kind>;
  /** Its options. */
  options?: Record<string, FuzzOption>;
  /** The word behind which the arguments stand; the options stand before it, and not behind the arguments. */
  behind?: string;
  /** Its reply depends on the connection too, or it waits: it is left out where connections share queues. */
  personal?: boolean;
  /** What okq answers, after the same was done to the model. */
  answer(model: Model, asked: Asked): Expected;
}
