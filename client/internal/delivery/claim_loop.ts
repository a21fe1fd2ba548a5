/**
 * Claims events, one QCLAIM after the other, each for as many as the consumer has capacity for.
 *
 *     capacity ──▶ QCLAIM … BLOCK ──▶ events delivered
 *        ▲                                   │
 *        └───────── some are settled ────────┘
 *
 * One QCLAIM is pending at a time, so a busier consumer gets more events by each. To drain, the loop ends a waiting
 * QCLAIM by CLIENT UNBLOCK and reads its reply, which may hold events.
 *
 * @module
 */
import type { ClaimedEvent } from "../../event.ts";
import { delay } from "../backoff.ts";
import type { Session } from "../session.ts";
import { receivedArg } from "../validate.ts";

/**
 * Longest assumed travel time of a reply, also as a fraction of the lease. A lease begins when the server replies,
 * unseen by the client, which would else believe in too long a lease.
 */
const MAX_TRANSIT_MS = 1000;
const MAX_TRANSIT_FRACTION = 1 / 10;
/** CLIENT UNBLOCK is repeated: it has no effect before the server begins to work on QCLAIM. */
const UNBLOCK_INTERVAL_MS = 20;

export interface ClaimLoopOptions {
  queues: readonly string[];
  order: "strict" | "turns";
  leaseMs: number;
  capacity: () => number;
  deliver: (event: ClaimedEvent) => void;
  /** Aborts when the consumer is closed. */
  closed: AbortSignal;
  /** Called after each reply. */
  onReply: () => void;
  /** Called when the loop is stopped and no claim is pending. */
  onIdle: () => void;
}

export class ClaimLoop {
  readonly #options: ClaimLoopOptions;
  readonly #leaseSeconds: string;
  #session: Session | undefined; // of the pending claim
  #stopped = false;
  #wake: () => void = () => {};

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
    this.#leaseSeconds = `${options.leaseMs / 1000}`;
  }

  get idle(): boolean {
    return this.#session === undefined;
  }

  capacityChanged(): void {
    this.#wake();
  }

  /** Events of a pending claim are still delivered. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
    this.#unblock();
  }

  /**
   * Claims until the loop is stopped or the session ends.
   *
   * @throws {OkqError} what makes the session unusable
   */
  async run(session: Session): Promise<void> {
    const { capacity, onReply } = this.#options;
    const queues = [...this.#options.queues];
    let ended = false;
    session.ended.then(() => {
      ended = true;
      this.#wake();
    });
    while (!this.#stopped && !ended) {
      const count = capacity();
      if (count <= 0) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      await this.#claim(session, count, queues);
      onReply();
      // QCLAIM prefers the first queue.
      if (this.#options.order === "turns") queues.push(queues.shift()!);
    }
  }

  async #claim(session: Session, count: number, queues: string[]): Promise<void> {
    const { deliver, leaseMs, onIdle } = this.#options;
    const sentAt = performance.now();
    this.#session = session;
    try {
      const events = await session.claim(count, this.#leaseSeconds, queues);
      const transitMs = Math.min(leaseMs * MAX_TRANSIT_FRACTION, MAX_TRANSIT_MS);
      const leaseEnd = Math.max(sentAt, performance.now() - transitMs) + leaseMs;
      for (const [queue, id, contents, attempt, receipt, meta, group] of events) {
        deliver({
          queue: queue.toString(),
          id,
          contents,
          attempt,
          receipt: receivedArg(receipt, receipt.toString()),
          group,
          meta,
          leaseEnd,
        });
      }
    } catch (error) {
      if (!this.#stopped) throw error; // else the session may still settle events
    } finally {
      if (this.#session === session) this.#session = undefined;
      if (this.#stopped) onIdle();
    }
  }

  async #unblock(): Promise<void> {
    for (let session = this.#session; session; session = this.#session) {
      try {
        await session.unblock();
      } catch {
        return session.stopClaiming(); // the connection is lost, or the user may not unblock
      }
      await delay(UNBLOCK_INTERVAL_MS, this.#options.closed);
    }
  }
}
