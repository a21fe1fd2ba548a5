/**
 * What a server does in the background, again and again.
 *
 * @module
 */
import type { Connection } from "../connection/connection.ts";
import { runJob } from "./job.ts";
import { SWEEP_INTERVAL_MS, TimeoutSweep } from "../connection/timeout_sweep.ts";
import type { ServerContext } from "../server_context.ts";
import { CHECK_INTERVAL_MS } from "../connection/timeouts.ts";

/** Pause between two looks for leases that have ended, in milliseconds. An event is back within half a second. */
export const RECLAIM_INTERVAL_MS = 300;
/** Pause between two looks for events whose message was lost, in milliseconds. */
const RECHECK_INTERVAL_MS = 900;
/** Pause between two signs of life, in milliseconds: consumers are forgotten after three that fail to come. */
const RENEW_INTERVAL_MS = 9_000;
/** Pause between two renewals of the leases of held events, in milliseconds: one of them may fail. */
const HOLD_INTERVAL_MS = 10_000;
/** Pause between two looks at how many commands there were, in milliseconds. */
const SAMPLE_INTERVAL_MS = 1000;

/** Pause between two looks at the figures of queues, in milliseconds: so far apart are the points of charts. */
const FIGURES_INTERVAL_MS = 3000;

/** A server, with what only its duties need to know. */
type Served = ServerContext & { clients: Map<number, Connection>; httpAddr: unknown };

/** Starts the duties of a server; each ends after the signal. */
export function startJobs(okq: Served, signal: AbortSignal): Promise<void>[] {
  const { store, waiters, registrations, connectionLeases, memoryLimit, queueStats, metrics, log } = okq;
  const hangingUp = new TimeoutSweep(okq.clients, metrics, log);
  const start = (name: string, intervalMs: number, work: () => unknown) =>
    runJob(async () => await work(), { name, intervalMs, signal, log });
  return [
    start("reclaimer", RECLAIM_INTERVAL_MS, () => store.reclaim().then(() => metrics.reclaimed())),
    start("re-check of waiting consumers", RECHECK_INTERVAL_MS, () => waiters.recheck()),
    start("renewal of registrations", RENEW_INTERVAL_MS, () => registrations.renew()),
    start("renewal of held events", HOLD_INTERVAL_MS, () => connectionLeases.renew()),
    start("look at connections", SWEEP_INTERVAL_MS, () => hangingUp.run()),
    start("relief of stalled connections", CHECK_INTERVAL_MS, () => memoryLimit.resumeOldest()),
    start("sampling of rates", SAMPLE_INTERVAL_MS, () => metrics.sample()),
    start("look at queues", FIGURES_INTERVAL_MS, () => okq.httpAddr && queueStats.refresh()),
  ];
}
