/**
 * What is counted of one command.
 *
 * @module
 */
import { type Histogram, timesInMs } from "./histogram.ts";

/** The counts of a command since the server started. */
export class CommandStats {
  /** How long it took from its begin to its reply; what was refused before it began is not among them. */
  readonly times: Histogram = timesInMs();
  /** How often it was refused before it began: for its arguments, or because the user may not run it. */
  rejected = 0;
  /** How often it began and was answered with an error. */
  failed = 0;

  /** @param name the command's, in lower case */
  constructor(readonly name: string) {}

  /** How often it ran. */
  get calls(): number {
    return this.times.count;
  }
}
