/**
 * Periodic jobs: work that a server repeats for as long as it runs.
 *
 * @module
 */
import { SWEEP_INTERVAL_MS, type TimedConnection, TimeoutSweep } from "../connection/timeouts.ts";
import type { ServerContext } from "../context.ts";
import type { Log } from "../log.ts";
import { delay } from "../util/async.ts";

/** Interval of the reclaimer, in milliseconds. An event is back within half a second after its lease has ended. */
export const RECLAIM_INTERVAL_MS = 300;
/** Interval of the re-check for events whose notification was lost, in milliseconds. */
const RECHECK_INTERVAL_MS = 900;
/** Interval of renewing registrations, in milliseconds. The store forgets consumers after three missing renewals. */
const RENEW_INTERVAL_MS = 9_000;
/** Interval of renewing connection leases, in milliseconds. One renewal may fail. */
const LEASE_INTERVAL_MS = 10_000;
/** Interval of resuming the connection that has been stalled longest, in milliseconds. */
const RESUME_INTERVAL_MS = 1000;
/** Interval of sampling the rate of commands, in milliseconds. */
const SAMPLE_INTERVAL_MS = 1000;
/** Interval of sampling queues, in milliseconds: the distance between the points of charts. */
const QUEUE_STATS_INTERVAL_MS = 3000;

/** A periodic job. */
export interface JobOptions {
  /** Its name in the log. */
  name: string;
  /** Pause between two runs, in milliseconds. */
  intervalMs: number;
  /** Ends the job. */
  signal: AbortSignal;
  log: Log;
}

/**
 * Repeats `work` until the signal aborts. A run that fails is logged, once for a row of failures, and does not end the
 * job. Resolves when the job has ended.
 */
export async function runJob(work: () => unknown, options: JobOptions): Promise<void> {
  const { name, intervalMs, signal, log } = options;
  let failing = false;
  while (!signal.aborted) {
    try {
      await work();
      if (failing) log.info("Background job works again", { job: name });
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) log.warn("Background job failed, will retry", { job: name, error });
      failing = true;
    }
    await delay(intervalMs, signal);
  }
}

/**
 * Starts the jobs of a server.
 * @param connections swept for timeouts
 * @param needsQueueStats whether anybody can see samples of queues
 * @param signal ends the jobs
 * @returns a promise for each job that resolves when it has ended
 */
export function startJobs(
  server: ServerContext,
  connections: ReadonlyMap<number, TimedConnection>,
  needsQueueStats: () => boolean,
  signal: AbortSignal,
): Promise<void>[] {
  const { store, waiters, registrations, connectionLeases, memoryLimit, queueStats, metrics, log } = server;
  const timeouts = new TimeoutSweep(connections, metrics, log);
  const start = (name: string, intervalMs: number, work: () => unknown) =>
    runJob(work, { name, intervalMs, signal, log });
  return [
    start("reclaimer", RECLAIM_INTERVAL_MS, () => store.reclaim().then(() => metrics.markReclaimed())),
    start("re-check of waiting clients", RECHECK_INTERVAL_MS, () => waiters.recheck()),
    start("renewal of registrations", RENEW_INTERVAL_MS, () => registrations.renew()),
    start("renewal of connection leases", LEASE_INTERVAL_MS, () => connectionLeases.renew()),
    start("client timeouts", SWEEP_INTERVAL_MS, () => timeouts.run()),
    start("resuming of stalled connections", RESUME_INTERVAL_MS, () => memoryLimit.resumeOldest()),
    start("sampling of rates", SAMPLE_INTERVAL_MS, () => metrics.updateRate()),
    start("sampling of queues", QUEUE_STATS_INTERVAL_MS, () => needsQueueStats() && queueStats.refresh()),
  ];
}
