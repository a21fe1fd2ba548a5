/**
 * Periodic jobs of a running server.
 *
 * @module
 */
import { SWEEP_INTERVAL_MS, type TimedConnection, TimeoutSweep } from "../connection/timeouts.ts";
import type { ServerContext } from "../context.ts";
import type { Log } from "../log.ts";
import { TimetableJob } from "../timetables/timetables.ts";
import { delay } from "../util/async.ts";

/** An event is back within half a second after its lease has ended. */
export const RECLAIM_INTERVAL_MS = 300;
/** Finds events whose notification was lost. */
const RECHECK_INTERVAL_MS = 900;
/** Consumers do not count any longer after three missing renewals. */
const RENEW_INTERVAL_MS = 9_000;
const FORGET_INTERVAL_MS = 10_000;
/** One renewal may fail. */
const LEASE_INTERVAL_MS = 10_000;
/** It asks the store once a minute. */
const TIMETABLES_INTERVAL_MS = 500;
const RESUME_INTERVAL_MS = 1000;
const SAMPLE_INTERVAL_MS = 1000;
const DEAD_LETTER_LOG_INTERVAL_MS = 1000;
/** The distance between the points of charts. */
const QUEUE_STATS_INTERVAL_MS = 3000;

export interface JobOptions {
  name: string;
  /** Pause between two runs. */
  intervalMs: number;
  signal: AbortSignal;
  log: Log;
}

/** Repeats `work` until the signal aborts. A failure does not end the job; it is logged once for a series. */
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
 * Each promise resolves when its job has ended.
 * @param needsQueueStats whether samples of queues are visible anywhere
 */
export function startJobs(
  server: ServerContext,
  connections: ReadonlyMap<number, TimedConnection>,
  needsQueueStats: () => boolean,
  signal: AbortSignal,
): Promise<void>[] {
  const { store, waiters, registrations, connectionLeases, backPressure, queueStats, metrics, deadLetterLog, log } =
    server;
  const timeouts = new TimeoutSweep(connections, metrics, log);
  const timetables = new TimetableJob(store, log);
  const start = (name: string, intervalMs: number, work: () => unknown) =>
    runJob(work, { name, intervalMs, signal, log });
  return [
    start("reclaimer", RECLAIM_INTERVAL_MS, () => store.reclaim().then(({ lateMs }) => metrics.markReclaimed(lateMs))),
    start("re-check of waiting clients", RECHECK_INTERVAL_MS, () => waiters.recheck()),
    start("renewal of registrations", RENEW_INTERVAL_MS, () => registrations.renew()),
    start("removal of dead instances", FORGET_INTERVAL_MS, () => store.forgetDead()),
    start("renewal of connection leases", LEASE_INTERVAL_MS, () => connectionLeases.renew()),
    start("timetables", TIMETABLES_INTERVAL_MS, () => timetables.run()),
    start("client timeouts", SWEEP_INTERVAL_MS, () => timeouts.run()),
    start("resuming of stalled connections", RESUME_INTERVAL_MS, () => backPressure.resumeOldest()),
    start("sampling of rates", SAMPLE_INTERVAL_MS, () => metrics.updateRate()),
    start("log of dead letters", DEAD_LETTER_LOG_INTERVAL_MS, () => deadLetterLog.flush()),
    start("sampling of queues", QUEUE_STATS_INTERVAL_MS, () => needsQueueStats() && queueStats.refresh()),
  ];
}
