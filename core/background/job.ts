/**
 * Background duties: work done again and again for as long as the server runs.
 *
 * @module
 */
import type { Log } from "../log.ts";
import { delay } from "../util/async.ts";

/** A duty's surroundings. */
export interface JobOptions {
  /** What the log calls it. */
  name: string;
  /** Pause between two rounds, in milliseconds. */
  intervalMs: number;
  /** Ends the duty. */
  signal: AbortSignal;
  /** Told when rounds begin to fail and when they succeed again. */
  log: Log;
}

/** Does `work` in rounds until the signal; a round that fails does not end the duty. Resolves when it has ended. */
export async function runJob(work: () => Promise<unknown>, options: JobOptions): Promise<void> {
  const { name, intervalMs, signal, log } = options;
  let failing = false;
  while (!signal.aborted) {
    try {
      await work();
      if (failing) log.info(`The ${name} goes on`);
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) log.warn(`The ${name} fails and goes on trying`, { error });
      failing = true;
    }
    await delay(intervalMs, signal);
  }
}
