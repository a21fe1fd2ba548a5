/**
 * What a server counts while it serves.
 *
 * Time is looked at once for each turn that brings something, a read or a batch of the store, and not for each command:
 * to ask for it costs a tenth of a microsecond. What happens in that turn happens at that time.
 *
 * @module
 */
import { type Histogram, sizes, timesInMs } from "./histogram.ts";
import { CommandStats } from "./command_stats.ts";
import type { Tracing } from "./tracing.ts";

/** The counts of a server since it started. */
export class Metrics {
  /** When this turn began, in milliseconds of `performance.now()`. */
  now = 0;
  /** The same in milliseconds since 1970. */
  date = 0;
  /** The commands, in the order of the table. */
  readonly commands: readonly CommandStats[];
  /** Commands that there are not. */
  unknown = 0;
  /** How long calls of the store took, each of a whole batch. */
  readonly storeTimes: Histogram = timesInMs();
  /** How many operations they had. */
  readonly batchSizes: Histogram = sizes();
  /** Calls of the store that failed. */
  storeFailures = 0;
  /** Bytes received. */
  received = 0;
  /** Bytes sent. */
  sent = 0;
  /** Connections accepted. */
  accepted = 0;
  /** Connections refused because there were too many. */
  refused = 0;
  /** Clients hung up on, by the reason. */
  readonly timedOut: Map<string, number> = new Map();
  /** When the reclaimer last finished a round, in milliseconds of `performance.now()`. */
  reclaimedAt: number;
  /** Commands in the last second. */
  perSecond = 0;
  /** Spans, if Deno exports them. */
  readonly tracing: Tracing | undefined;
  #sampled = { at: 0, total: 0 };

  /** @param names of the commands */
  constructor(names: readonly string[], tracing?: Tracing) {
    this.tracing = tracing;
    this.commands = names.map((name) => new CommandStats(name.toLowerCase()));
    this.reclaimedAt = this.tick();
    this.#sampled.at = this.now;
  }

  /** A turn begins: looks at the time. */
  tick(): number {
    this.date = Date.now();
    return this.now = performance.now();
  }

  /** Bytes were received: a turn begins. */
  reads(bytes: number): void {
    this.received += bytes;
    this.tick();
  }

  /** The store did a batch, or could not, and this turn is about what came of it. */
  batch(operations: number, ms: number, failed: boolean): void {
    this.tick();
    this.storeTimes.add(ms);
    this.batchSizes.add(operations);
    if (failed) this.storeFailures++;
    this.tracing?.batch(operations, ms, failed);
  }

  /** The reclaimer has finished a round. */
  reclaimed(): void {
    this.reclaimedAt = performance.now();
  }

  /** Clients were hung up on. */
  countTimeout(reason: string, clients: number): void {
    this.timedOut.set(reason, (this.timedOut.get(reason) ?? 0) + clients);
  }

  /** Commands that ran. */
  get total(): number {
    return this.commands.reduce((sum, { calls }) => sum + calls, 0);
  }

  /** Errors answered. */
  get errors(): number {
    return this.commands.reduce((sum, { rejected, failed }) => sum + rejected + failed, this.unknown);
  }

  /** To be called about once a second. */
  sample(): void {
    const [now, { total }] = [performance.now(), this];
    const seconds = (now - this.#sampled.at) / 1000;
    if (seconds > 0) this.perSecond = (total - this.#sampled.total) / seconds;
    this.#sampled = { at: now, total };
  }
}
