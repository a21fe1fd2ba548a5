/**
 * The look at all connections that is taken again and again, so that no connection needs a timer. It is taken in parts:
 * ten thousand at once would keep everybody waiting.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { CHECK_INTERVAL_MS } from "./timeouts.ts";

/** In how many parts. */
const PARTS = 20;

/** Pause between two parts, in milliseconds. */
export const SWEEP_INTERVAL_MS: number = CHECK_INTERVAL_MS / PARTS;

/** Hangs up on clients that take too long. */
export class TimeoutSweep {
  readonly #connections: ReadonlyMap<number, Connection>;
  readonly #meters: Metrics;
  readonly #log: Log;
  #rest: Iterator<Connection>;

  constructor(connections: ReadonlyMap<number, Connection>, meters: Metrics, log: Log) {
    this.#connections = connections;
    this.#meters = meters;
    this.#log = log;
    this.#rest = connections.values();
  }

  /** Looks at the next part, and logs how many were hung up on for each reason. */
  run(): void {
    const now = Date.now();
    const reasons = new Map<string, { count: number; first: string }>();
    for (let left = Math.ceil(this.#connections.size / PARTS); left > 0; left--) {
      const { value: connection, done } = this.#rest.next();
      if (done) {
        this.#rest = this.#connections.values();
        break;
      }
      const reason = connection.timeoutReason(now);
      if (reason === undefined) continue;
      const known = reasons.get(reason);
      if (known) known.count++;
      else reasons.set(reason, { count: 1, first: connection.addr });
      connection.kill();
    }
    for (const [reason, fields] of reasons) {
      this.#meters.countTimeout(reason, fields.count);
      this.#log.info(`Hung up on clients that ${reason}`, fields);
    }
  }
}
