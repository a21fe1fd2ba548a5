/**
 * Claims events and settles them, through a session that it replaces when it fails.
 *
 *     connect ──▶ claim and settle ──▶ session ended ──▶ connect to the next address
 *
 * @module
 */
import { Unavailable } from "../../errors.ts";
import type { Delivery, DeliveryActions, Outcome, Settlement } from "../../event.ts";
import { backoff, delay } from "../backoff.ts";
import { ClaimLoop, type ClaimLoopOptions } from "./claim_loop.ts";
import { type Address, type Endpoints, isDenied } from "../endpoints.ts";
import { Session } from "../session.ts";
import { withResolvers } from "../runtime.ts";

export interface EventSourceOptions
  extends Pick<ClaimLoopOptions, "queues" | "order" | "leaseMs" | "capacity" | "deliver"> {
  endpoints: Endpoints;
  /** Called while draining, when nothing is being claimed or settled. */
  onIdle: () => void;
  /** Receives the errors of sessions and connecting. */
  onError: (error: unknown) => void;
  /** Called when connected after an error. */
  onReconnect: (address: string) => void;
}

export class EventSource implements DeliveryActions {
  readonly #options: EventSourceOptions;
  readonly #closed = new AbortController();
  readonly #claimLoop: ClaimLoop;
  #session: Session | undefined;
  #connected = withResolvers<Session>();
  #draining = false;
  #settling = 0;

  constructor(options: EventSourceOptions) {
    this.#options = options;
    this.#claimLoop = new ClaimLoop({
      ...options,
      closed: this.#closed.signal,
      onReply: () => options.endpoints.succeeded(),
      onIdle: () => this.#checkIdle(),
    });
  }

  get idle(): boolean {
    return this.#claimLoop.idle && this.#settling === 0;
  }

  /**
   * Runs until {@linkcode close}.
   *
   * @throws {Refused} if a server refuses the user
   */
  async run(): Promise<void> {
    const { endpoints, queues, onReconnect } = this.#options;
    let failed = false;
    const onError = (error: unknown) => {
      failed = true;
      this.#options.onError(error);
    };
    const open = (address: Address) => Session.open(address, this.#draining ? [] : queues);
    while (!this.#closed.signal.aborted) {
      const session = await endpoints.connect(open, this.#closed.signal, onError);
      if (!session) return;
      if (this.#closed.signal.aborted) return session.destroy();
      if (failed) onReconnect(session.address);
      failed = false;
      this.#session = session;
      this.#connected.resolve(session);
      if (!this.#draining) this.#claim(session).catch((error) => session.end(error));
      const reason = await session.ended;
      this.#session = undefined;
      this.#connected = withResolvers();
      session.close();
      if (this.#closed.signal.aborted) return;
      endpoints.failed();
      if (isDenied(reason)) throw reason;
      onError(reason);
    }
  }

  capacityChanged(): void {
    this.#claimLoop.capacityChanged();
  }

  drain(): void {
    this.#draining = true;
    this.#claimLoop.stop();
  }

  /** Connections close at once, or when pending settlements have their replies. */
  close(atOnce: boolean): void {
    this.#closed.abort();
    if (atOnce) this.#session?.destroy();
    this.#session?.close();
    this.drain();
  }

  async settle(delivery: Delivery<unknown>, settlement: Settlement): Promise<Outcome> {
    this.#settling++;
    try {
      return await this.#settle(delivery, settlement);
    } finally {
      this.#settling--;
      this.#checkIdle();
    }
  }

  async touch(delivery: Delivery<unknown>, leaseMs: number = this.#options.leaseMs): Promise<boolean> {
    const session = this.#session;
    if (!session) throw new Unavailable("Cannot renew the lease of an event: not connected to any okq", false);
    const leaseEnd = performance.now() + leaseMs;
    const renewed = await session.touch(delivery, `${leaseMs / 1000}`);
    delivery.setLeaseEnd(renewed ? leaseEnd : -Infinity);
    return renewed;
  }

  async #claim(session: Session): Promise<void> {
    await this.#claimLoop.run(session);
    if (this.#draining) session.stopClaiming();
  }

  /** Tries until the lease ends. Repeating is safe: the receipt names this delivery only. */
  async #settle(delivery: Delivery<unknown>, settlement: Settlement): Promise<Outcome> {
    let unknown: Unavailable | undefined; // of an attempt that the server may have carried out
    for (let failures = 1;; failures++) {
      // A lost connection is not replaced just to give an event back: its lease ends by itself.
      if (settlement !== "ack" && this.#draining && !this.#session) return false;
      let session: Session | undefined;
      try {
        session = this.#session ?? await this.#sessionWithin(delivery.remainingMs);
        const settled = await session.settle(delivery, settlement);
        if (settled || !unknown) return settled;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        session?.end(error);
        if (error.outcomeUnknown) unknown ??= error;
        const waitMs = backoff(failures);
        if (!session || waitMs > delivery.remainingMs) throw unknown ?? error;
        await delay(waitMs, this.#closed.signal);
        continue;
      }
      throw unknown; // the receipt is not valid any more, maybe because of that attempt
    }
  }

  async #sessionWithin(ms: number): Promise<Session> {
    const connected = new AbortController();
    const session = await Promise.race([
      this.#connected.promise,
      delay(Math.max(ms, 1), AbortSignal.any([this.#closed.signal, connected.signal])),
    ]);
    connected.abort();
    if (session) return session;
    const reason = this.#closed.signal.aborted ? "the consumer is closed" : "no okq could be reached in time";
    throw new Unavailable(`Cannot settle an event: ${reason}`, false);
  }

  #checkIdle(): void {
    if (this.#draining && this.idle) this.#options.onIdle();
  }
}
