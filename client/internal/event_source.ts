/**
 * Where a consumer's events come from, and where they are settled.
 *
 * The life of an intake: connect, register, and take events in the way that the server knows. When a connection breaks or
 * the store cannot be reached, it goes on at the next address.
 *
 * @module
 */
import { backoff, pause } from "./backoff.ts";
import { ClaimLoop } from "./claim_loop.ts";
import type { Address } from "./connection.ts";
import { Unavailable } from "../errors.ts";
import type { Delivery, Settler, Verdict } from "../event.ts";
import type { Endpoints } from "./endpoints.ts";
import { Session } from "./session.ts";
import type { ClaimLoopOptions, Taker } from "./source_options.ts";

/** What an intake must know. */
export interface EventSourceOptions {
  /** The way to okq. */
  route: Endpoints;
  /** The queues. */
  queues: readonly string[];
  /** How long an event is leased, in milliseconds. */
  leaseMs: number;
  /** Called while draining, when nothing is being taken or settled any more. */
  idled: () => void;
  /** Told of connections that broke and of what else goes wrong. */
  report: (error: unknown) => void;
}

/** Takes events and settles them. */
export class EventSource implements Settler {
  readonly #options: EventSourceOptions;
  readonly #closed = new AbortController();
  readonly #claiming: ClaimLoop;
  #session: Session | undefined;
  #connected = Promise.withResolvers<Session>();
  #draining = false;
  #settling = 0;

  /** Starts nothing. */
  constructor(options: EventSourceOptions, taker: Taker) {
    this.#options = options;
    const { queues, leaseMs, route } = options;
    const [served, idled] = [() => route.served(), () => this.#maybeIdle()];
    const taking: ClaimLoopOptions = { queues, leaseMs, taker, closed: this.#closed.signal, served, idled };
    this.#claiming = new ClaimLoop(taking);
  }

  /** Whether nothing is being taken or settled. */
  get idle(): boolean {
    return this.#claiming.idle && this.#settling === 0;
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
      if (!this.#draining) this.#take(session).catch((error) => session.end(error));
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
    this.#claiming.wanted();
  }

  /** Takes nothing any more; events can still be settled. */
  drain(): void {
    this.#draining = true;
    this.#claiming.stop();
  }

  /** Hangs up, at once or when what is under way is answered. */
  close(atOnce: boolean): void {
    this.#closed.abort();
    if (atOnce) this.#session?.destroy();
    this.#session?.close();
    this.drain();
  }

  async settle(delivery: Delivery<unknown>, verdict: Verdict): Promise<boolean> {
    this.#settling++;
    try {
      return await this.#settle(delivery, verdict);
    } finally {
      this.#settling--;
      this.#maybeIdle();
    }
  }

  async touch(delivery: Delivery<unknown>, leaseMs: number = this.#options.leaseMs): Promise<boolean> {
    const session = this.#session;
    if (!session) throw new Unavailable("Prolonging a lease failed: no okq can be reached now", false);
    const until = performance.now() + leaseMs;
    const prolonged = await session.touch(delivery, `${leaseMs / 1000}`);
    delivery.leasedUntil(prolonged ? until : -Infinity);
    return prolonged;
  }

  async #take(session: Session): Promise<void> {
    await this.#claiming.serve(session);
    if (this.#draining) session.deregister();
  }

  /** Sends it, and again for as long as the lease lasts: a receipt names this very delivery. */
  async #settle(delivery: Delivery<unknown>, verdict: Verdict): Promise<boolean> {
    let unknown: Unavailable | undefined; // an attempt before this one may have done it
    for (let failures = 1;; failures++) {
      if (verdict !== "done" && this.#draining && !this.#session) return false; // nobody waits only to give back
      let session: Session | undefined;
      try {
        session = this.#session ?? await this.#sessionWithin(delivery.remainingMs);
        const done = await session.settle(delivery, verdict);
        if (done || !unknown) return done;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        session?.end(error);
        if (error.outcomeUnknown) unknown ??= error;
        const wait = backoff(failures);
        if (!session || wait > delivery.remainingMs) throw unknown ?? error;
        await pause(wait, this.#closed.signal);
        continue;
      }
      throw unknown;
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

  #maybeIdle(): void {
    if (this.#draining && this.idle) this.#options.idled();
  }
}
