/**
 * Taking events with QCLAIM: one command that waits for events and takes as many as hands are free.
 *
 *     hands are free ──▶ QCLAIM … BLOCK ── events ──▶ hands
 *          ▲                                            │
 *          └────────────────────────────────────────────┘ as soon as one is free
 *
 * One command is under way at a time. Hands that become free meanwhile are for the next, so the busier the consumer, the
 * more events a command brings. A consumer that drains has the command that waits end by CLIENT UNBLOCK and hears it out,
 * for it may have brought events by then.
 *
 * @module
 */
import { pause } from "./backoff.ts";
import { argFor } from "./validate.ts";
import type { Session } from "./session.ts";
import type { ClaimLoopOptions } from "./source_options.ts";

/** How long a reply may take to come without the lease being thought longer than it is, in milliseconds. */
const MAX_WAY_MS = 1000;
/** The same as a part of the lease. */
const WAY_PART = 1 / 10;
/** When a claim that could not be ended, because it had not begun to wait, is ended again, in milliseconds. */
const UNBLOCK_AGAIN_MS = 20;

/** Takes events with QCLAIM. */
export class ClaimLoop {
  readonly #options: ClaimLoopOptions;
  readonly #leaseSeconds: string;
  #session: Session | undefined; // while a claim is under way there
  #stopped = false;
  #changed: () => void = () => {};

  /** Starts nothing. */
  constructor(options: ClaimLoopOptions) {
    this.#options = options;
    this.#leaseSeconds = `${options.leaseMs / 1000}`;
  }

  /** Whether no event is under way. */
  get idle(): boolean {
    return this.#session === undefined;
  }

  /** Hands have become free, or more of them. */
  wanted(): void {
    this.#changed();
  }

  /** Takes nothing any more, but what is under way. */
  stop(): void {
    this.#stopped = true;
    this.#changed();
    this.#unblock();
  }

  /**
   * Takes events from a server until stopped.
   *
   * @throws what makes the session useless
   */
  async serve(session: Session): Promise<void> {
    const { taker, served } = this.#options;
    const queues = [...this.#options.queues];
    let over = false;
    session.over.then(() => {
      over = true;
      this.#changed();
    });
    while (!this.#stopped && !over) {
      const hands = taker.free();
      if (hands <= 0) {
        await new Promise<void>((resolve) => this.#changed = resolve);
        continue;
      }
      await this.#claim(session, hands, queues);
      served();
      queues.push(queues.shift()!); // they take turns
    }
  }

  /** Has the events taken that a command brings. */
  async #claim(session: Session, hands: number, queues: string[]): Promise<void> {
    const { taker, leaseMs, idled } = this.#options;
    const asked = performance.now();
    this.#session = session;
    try {
      const events = await session.claim(hands, this.#leaseSeconds, queues);
      const came = performance.now();
      const until = Math.max(asked, came - Math.min(leaseMs * WAY_PART, MAX_WAY_MS)) + leaseMs;
      for (const [queue, id, contents, attempt, named] of events) {
        const receipt = argFor(named, named.toString());
        taker.take({ queue: queue.toString(), id, contents, attempt, receipt, until });
      }
    } catch (error) {
      if (!this.#stopped) throw error; // else the session may still settle what is in hand
    } finally {
      if (this.#session === session) this.#session = undefined;
      if (this.#stopped) idled();
    }
  }

  /** Ends the claim that waits, as often as it takes. */
  async #unblock(): Promise<void> {
    for (let session = this.#session; session; session = this.#session) {
      try {
        await session.unblock();
      } catch {
        return session.deregister(); // it is lost, or does not let us
      }
      await pause(UNBLOCK_AGAIN_MS, this.#options.closed);
    }
  }
}
