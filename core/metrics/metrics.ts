/**
 * Counters of a running server.
 *
 * The clock is read once per event-loop tick that brings input or a store result, not once per command: a read costs a
 * tenth of a microsecond. Everything that happens in a tick has its time.
 *
 * @module
 */
import { cpuUsage } from "../../deps.ts";
import { CommandStats } from "./command_stats.ts";
import { type Histogram, sizes, timesInMs } from "./histogram.ts";
import type { Tracing } from "./tracing.ts";

/** Counts since the server started. */
export class Metrics {
  /** Start of the current tick, by `performance.now()`. */
  now = 0;
  /** The same in milliseconds since 1970. */
  date = 0;
  /** In the order of the command table. */
  readonly commands: readonly CommandStats[];
  /** Unknown commands received. */
  unknown = 0;
  /** A call is one batch of operations. */
  readonly storeTimes: Histogram = timesInMs();
  /** Operations per store call. */
  readonly batchSizes: Histogram = sizes();
  storeFailures = 0;
  /** Bytes received from clients. */
  received = 0;
  /** Bytes sent to clients. */
  sent = 0;
  /** Connections accepted. */
  accepted = 0;
  /** Connections refused because of the limit. */
  refused = 0;
  /** Connections closed by a timeout or limit. */
  readonly closedByReason: Map<string, number> = new Map();
  /** End of the reclaimer's last run, by `performance.now()`. */
  reclaimedAt: number;
  /** How late that run was for what was due first. */
  reclaimedLateMs = 0;
  /** Commands in the last second. */
  perSecond = 0;
  /** Undefined if Deno exports no spans. */
  readonly tracing: Tracing | undefined;
  #sampled = { at: 0, total: 0 };
  #receiving = false;
  readonly #received = () => this.#receiving = false;

  constructor(names: readonly string[], tracing?: Tracing) {
    this.tracing = tracing;
    this.commands = names.map((name) => new CommandStats(name.toLowerCase()));
    this.reclaimedAt = this.tick();
    this.#sampled.at = this.now;
  }

  /** Reads the clock at the start of a tick. */
  tick(): number {
    this.date = Date.now();
    return this.now = performance.now();
  }

  /** Input starts a tick, together with all that other connections have received. */
  countReceived(bytes: number): void {
    this.received += bytes;
    if (this.#receiving) return;
    this.#receiving = true;
    queueMicrotask(this.#received); // follows those that continue the other reads
    this.tick();
  }

  /** A store result starts a tick. */
  countStoreCall(operations: number, ms: number, failed: boolean): void {
    this.tick();
    this.storeTimes.add(ms);
    this.batchSizes.add(operations);
    if (failed) this.storeFailures++;
    this.tracing?.storeCall(operations, ms, failed);
  }

  markReclaimed(lateMs: number): void {
    this.reclaimedAt = performance.now();
    this.reclaimedLateMs = lateMs;
  }

  countClosed(reason: string, clients: number): void {
    this.closedByReason.set(reason, (this.closedByReason.get(reason) ?? 0) + clients);
  }

  /** Commands that ran. */
  get total(): number {
    return this.commands.reduce((sum, { calls }) => sum + calls, 0);
  }

  /** Error replies. */
  get errors(): number {
    return this.commands.reduce((sum, { rejected, failed }) => sum + rejected + failed, this.unknown);
  }

  /** Updates {@linkcode perSecond}, about once a second. */
  updateRate(): void {
    const [now, { total }] = [performance.now(), this];
    const seconds = (now - this.#sampled.at) / 1000;
    if (seconds > 0) this.perSecond = (total - this.#sampled.total) / seconds;
    this.#sampled = { at: now, total };
  }
}

export function cpuSeconds(): { user: number; system: number } {
  const { user, system } = cpuUsage();
  return { user: user / 1e6, system: system / 1e6 };
}
