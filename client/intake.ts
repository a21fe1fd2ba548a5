/**
 * Where a consumer's events come from.
 *
 * The life of an intake: connect, register, and while hands are free wait in QNOTIFY. A queue that it is told of is
 * popped, by one command first and by twice as many after each event, as many as hands are free, until it has no more.
 * Then it waits in QNOTIFY again. QNOTIFY tells only one consumer of an event, but as long as pops bring events nobody
 * has to be told. When a connection breaks or the store cannot be reached, it goes on at the next address.
 *
 * @module
 */
import type { Buffer } from "../deps.ts";
import { backoff, pause } from "./backoff.ts";
import type { Address } from "./connection.ts";
import { Unavailable } from "./errors.ts";
import type { Delivery, Settler } from "./event.ts";
import type { Route } from "./route.ts";
import { Session } from "./session.ts";

/** How often to look for events on other queues while one is busy, in milliseconds. */
const LOOK_MS = 50;
/** Notifications in a row that may turn out to be empty before it pauses. */
const FRUITLESS = 2;

/** The longest such pause, in milliseconds. */
const MAX_FRUITLESS_MS = 250;

/** What takes the events. */
export interface Taker {
  /** How many events it can take now. If that is none, `wanted` is called as soon as it is more. */
  free(): number;
  /** Takes one. `until`: when its lease ends, on the clock of `performance.now()`. */
  take(queue: string, id: Buffer, contents: Buffer, until: number): void;
}

/** What an intake must know. */
export interface IntakeOptions {
  /** The way to okq. */
  route: Route;
  /** The queues. */
  queues: readonly string[];
  /** How long an event is leased, in milliseconds. */
  leaseMs: number;
  /** Called while draining, when nothing is being popped or settled any more. */
  idled: () => void;
  /** Told of connections that broke and of what else goes wrong. */
  report: (error: unknown) => void;
}

/** Takes events and settles them. */
export class Intake implements Settler {
  readonly #options: IntakeOptions;
  readonly #taker: Taker;
  readonly #leaseSeconds: string;
  readonly #closed = new AbortController();
  readonly #hot = new Set<string>(); // queues that had an event when they were last popped, or of which we were told
  #session: Session | undefined;
  #connected = Promise.withResolvers<Session>();
  #draining = false;
  #popping = 0;
  #width = 1; // pops that may be under way
  #fruitless = 0;
  #settling = 0;
  #changed: () => void = () => {};

  /** Starts nothing. */
  constructor(options: IntakeOptions, taker: Taker) {
    this.#options = options;
    this.#taker = taker;
    this.#leaseSeconds = `${options.leaseMs / 1000}`;
  }

  /** Whether nothing is being popped or settled. */
  get idle(): boolean {
    return this.#popping === 0 && this.#settling === 0;
  }

  /** Serves until closed. */
  async run(): Promise<void> {
    const { route, queues, report } = this.#options;
    const open = (address: Address) => Session.open(address, this.#draining ? [] : queues);
    while (!this.#closed.signal.aborted) {
      const session = await route.connect(open, this.#closed.signal, report);
      if (!session) return;
      if (this.#closed.signal.aborted) return session.destroy();
      this.#session = session;
      this.#connected.resolve(session);
      this.#pop(); // queues that were busy before the connection was lost
      if (!this.#draining) this.#listen(session).catch((error) => this.#draining || session.end(error));
      const reason = await session.over;
      this.#session = undefined;
      this.#connected = Promise.withResolvers();
      session.close();
      if (this.#closed.signal.aborted) return;
      route.failed();
      report(reason);
    }
  }

  /** Hands have become free, or more of them. */
  wanted(): void {
    this.#pop();
    this.#changed();
  }

  /** Takes nothing any more; events can still be settled. */
  drain(): void {
    this.#draining = true;
    this.#session?.deregister();
    this.#changed();
  }

  /** Hangs up, at once or when what is under way is answered. */
  close(atOnce: boolean): void {
    this.#draining = true;
    this.#closed.abort();
    if (atOnce) this.#session?.destroy();
    this.#session?.close();
    this.#changed();
  }

  async settle(delivery: Delivery<unknown>, redo: boolean): Promise<boolean> {
    this.#settling++;
    try {
      return await this.#settle(delivery, redo);
    } finally {
      this.#settling--;
      this.#maybeIdle();
    }
  }

  /**
   * Sends it once if it may have been done, for its id may belong to another event by then; if it was surely not done,
   * again for as long as the lease lasts.
   */
  async #settle(delivery: Delivery<unknown>, redo: boolean): Promise<boolean> {
    for (let failures = 1;; failures++) {
      if (redo && delivery.remainingMs <= 0) return false; // what is back may be in other hands
      if (redo && this.#draining && !this.#session) return false; // nobody waits for okq only to give back
      const session = this.#session ?? await this.#sessionWithin(delivery.remainingMs);
      try {
        return await session.settle(delivery.queue, delivery.idArg, redo);
      } catch (error) {
        if (!(error instanceof Unavailable) || error.outcomeUnknown) throw error;
        session.end(error);
        const wait = backoff(failures);
        if (wait > delivery.remainingMs) throw error;
        await pause(wait, this.#closed.signal);
      }
    }
  }

  async #sessionWithin(ms: number): Promise<Session> {
    const late = new AbortController();
    const first = await Promise.race([
      this.#connected.promise,
      pause(Math.max(ms, 1), AbortSignal.any([this.#closed.signal, late.signal])),
    ]);
    late.abort();
    if (first) return first;
    const reason = this.#closed.signal.aborted ? "the consumer is closed" : "no okq could be reached in time";
    throw new Unavailable(`Settling an event failed: ${reason}`, false);
  }

  /** Waits for events and has them popped. */
  async #listen(session: Session): Promise<void> {
    const { queues, route } = this.#options;
    while (!this.#draining && this.#session === session) {
      this.#pop();
      const busy = this.#popping > 0;
      // Asked for free hands a second time, the taker could have some now, and nobody would say so again.
      if (busy ? queues.length === 1 : this.#hot.size > 0 || this.#taker.free() <= 0) {
        await new Promise<void>((resolve) => this.#changed = resolve);
        continue;
      }
      if (busy) await pause(LOOK_MS, this.#closed.signal);
      else if (this.#fruitless > FRUITLESS) await pause(this.#fruitlessMs(), this.#closed.signal);
      const queue = await session.notify(busy);
      route.served();
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
    if (!session || this.#draining) return;
    const more = Math.min(this.#taker.free(), this.#width) - this.#popping;
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
    this.#popping++;
    const until = performance.now() + this.#options.leaseMs;
    try {
      const event = await session.pop(queue, this.#leaseSeconds);
      this.#popping--;
      if (event) {
        this.#fruitless = 0;
        this.#hot.add(queue);
        this.#width *= 2;
        this.#taker.take(queue, event[0], event[1], until);
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
    this.#maybeIdle();
  }

  #maybeIdle(): void {
    if (this.#draining && this.idle) this.#options.idled();
  }
}
