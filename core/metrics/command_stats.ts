/**
 * Counters of one command.
 *
 * @module
 */
import { type Histogram, timesInMs } from "./histogram.ts";

/** The counters of a command since the server started. */
export class CommandStats {
  /** Times from start to reply, in milliseconds. Rejected commands are not included. */
  readonly times: Histogram = timesInMs();
  /** Calls rejected before they started, for their arguments or the user's permissions. */
  rejected = 0;
  /** Calls that started and were answered with an error. */
  failed = 0;

  /** @param name in lower case */
  constructor(readonly name: string) {}

  /** Calls that started. */
  get calls(): number {
    return this.times.count;
  }
}
