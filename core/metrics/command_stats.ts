/**
 * Counters of one command.
 *
 * @module
 */
import { type Histogram, timesInMs } from "./histogram.ts";

/** Counts since the server started. */
export class CommandStats {
  /** From start to reply, without rejected commands. */
  readonly times: Histogram = timesInMs();
  /** Calls rejected before they started, for their arguments or the user's permissions. */
  rejected = 0;
  /** Calls that started and were answered with an error. */
  failed = 0;

  constructor(readonly name: string) {}

  /** Calls that started. */
  get calls(): number {
    return this.times.count;
  }
}
