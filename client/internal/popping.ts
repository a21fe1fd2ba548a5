/**
 * Taking events from a server without QCLAIM.
 *
 * While hands are free it waits in QNOTIFY. A queue that it is told of is popped, by one command first and by twice as
 * many after each event, as many as hands are free, until it has no more. Then it waits in QNOTIFY again. QNOTIFY tells
 * only one consumer of an event, but as long as pops bring events nobody has to be told.
 *
 * @module
 */
import { backoff, pause } from "./backoff.ts";
import type { Session } from "./session.ts";
import type { ClaimLoopOptions } from "./source_options.ts";

/** How often to look for events on other queues while one is busy, in milliseconds. */
const LOOK_MS = 50;
/** Notifications in a row that may turn out to be empty before it pauses. */
const FRUITLESS = 2;
/** The longest such pause, in milliseconds. */
const MAX_FRUITLESS_MS = 250;

/** Takes events with QNOTIFY and QRPOP. */
export class Popping {
  readonly #options: ClaimLoopOptions;
  readonly #leaseSeconds: string;
  readonly #hot = new Set<string>(); // queues that had an event when they were last popped, or of which we were told
  #session: Session | undefined;
  #stopped = false;
  #popping = 0;
  #width = 1; // pops that may be under way
  #fruitless = 0;
  #changed: () => void = () => {};

  /** Starts nothing. */
  constructor(options: ClaimLoopOptions) {
    this.#options = options;
    this.#leaseSeconds = `${options.leaseMs / 1000}`;
  }

  /** Whether no event is under way. */
  get idle(): boolean {
    return this.#popping === 0;
  }

  /** Hands have become free, or more of them. */
  wanted(): void {
    this.#pop();
    this.#changed();
  }

  /** Takes nothing any more, but what is under way. */
  stop(): void {
    this.#stopped = true;
    this.#session?.deregister();
    this.#changed();
  }

  /**
   * Takes events from a server until stopped.
   *
   * @throws what makes the session useless
   */
  async serve(session: Session): Promise<void> {
    this.#session = session;
    session.over.then(() => {
      if (this.#session === session) this.#session = undefined;
      this.#changed();
    });
    try {
      await this.#listen(session);
    } catch (error) {
      if (!this.#stopped) throw error; // stopping ends the wait in this way
    }
  }

  /** Waits for events and has them popped. */
  async #listen(session: Session): Promise<void> {
    const { queues, taker, served, closed } = this.#options;
    while (!this.#stopped && this.#session === session) {
      this.#pop();
      const busy = this.#popping > 0;
      // Asked for free hands a second time, the taker could have some now, and nobody would say so again.
      if (busy ? queues.length === 1 : this.#hot.size > 0 || taker.free() <= 0) {
        await new Promise<void>((resolve) => this.#changed = resolve);
        continue;
      }
      if (busy) await pause(LOOK_MS, closed);
      else if (this.#fruitless > FRUITLESS) await pause(this.#fruitlessMs(), closed);
      const queue = await session.notify(busy);
      served();
      if (queue === undefined) continue;
      if (!this.#hot.has(queue)) this.#fruitless++;
      this.#hot.add(queue);
    }
  }

  #fruitlessMs(): number {
    return Math.min(backoff(this.#fruitless - FRUITLESS), MAX_FRUITLESS_MS);
  }

  /** Pops busy queues in turn, with as many commands as there are hands for. */
  #pop(): void {
    const session = this.#session;
    if (!session || this.#stopped) return;
    const more = Math.min(this.#options.taker.free(), this.#width) - this.#popping;
    for (let i = 0; i < more && this.#hot.size > 0; i++) {
      const [queue] = this.#hot;
      if (this.#hot.size > 1) {
        this.#hot.delete(queue);
        this.#hot.add(queue);
      }
      this.#popOne(session, queue);
    }
  }

  async #popOne(session: Session, queue: string): Promise<void> {
    const { leaseMs, taker, idled } = this.#options;
    this.#popping++;
    const until = performance.now() + leaseMs;
    try {
      const event = await session.pop(queue, this.#leaseSeconds);
      this.#popping--;
      if (event) {
        this.#fruitless = 0;
        this.#hot.add(queue);
        this.#width *= 2;
        taker.take({ queue, id: event[0], contents: event[1], until });
      } else {
        this.#hot.delete(queue);
        if (this.#hot.size === 0) this.#width = 1;
      }
      this.#pop();
    } catch (error) {
      this.#popping--;
      this.#hot.delete(queue);
      session.end(error);
    }
    this.#changed();
    if (this.#stopped) idled();
  }
}
