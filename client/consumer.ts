/**
 * Consuming events.
 *
 * @module
 */
import { inBounds } from "./internal/bounds.ts";
import { bytes, type Codec } from "./codec.ts";
import type { Credentials } from "./internal/connection.ts";
import { Delivery, type QueuedEvent, type Settler } from "./event.ts";
import { type Handler, HandlerRunner } from "./internal/handler_runner.ts";
import type { EventSink, EventSinkOptions } from "./internal/sink.ts";
import { LeaseRenewer } from "./internal/lease_renewer.ts";
import { EventSource } from "./internal/event_source.ts";
import { EventIterator } from "./internal/event_iterator.ts";
import { checkQueue } from "./internal/validate.ts";
import { Retry } from "./internal/retry.ts";
import { DEFAULT_ADDRESS, Endpoints } from "./internal/endpoints.ts";

/** How long a handler may hold an event unless told otherwise, in milliseconds. */
const MAX_LEASE_MS = 600_000;

/** How a {@linkcode Consumer} works. */
export interface ConsumerOptions<T = Uint8Array> extends Credentials {
  /** The queues to consume; they take turns. */
  queues: string | readonly string[];
  /** Where okq listens, as `host:port`; several are tried in turn. By default `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
  /** What events hold. By default {@linkcode bytes}. */
  codec?: Codec<T>;
  /** How many events may be in hand at once. 1 by default. */
  concurrency?: number;
  /**
   * How long an event is leased, in milliseconds, and so how soon another gets what a killed consumer had in hand. 30,000
   * by default. While its handler runs the lease is prolonged.
   */
  leaseMs?: number;
  /**
   * How long a handler may hold an event, in milliseconds. Its lease is prolonged up to then and not any further, so that
   * what a handler has that hangs is not lost for ever. 600,000 by default; with `leaseMs` or less, nothing is prolonged.
   */
  maxLeaseMs?: number;
  /**
   * How long an event whose handler failed waits at most before it comes again, in milliseconds: so long after the first
   * attempt, and twice as long after each further one. 1000 by default; `"queue"` leaves it to the queue's own backoff.
   */
  retryDelayMs?: number | "queue";
  /** The longest that comes of doubling it, in milliseconds. 300,000 by default. */
  maxRetryDelayMs?: number;
  /** Drains the consumer when it is aborted: no new events, those in hand are finished. */
  signal?: AbortSignal;
  /**
   * Told of what nobody else sees: a handler that failed (with its event), an event that could not be settled, a
   * connection that broke. By default it writes a line to the console.
   */
  onError?: (error: unknown, event?: QueuedEvent<T>) => void;
}

/**
 * Consumes events, with a handler or in a loop.
 *
 * ```ts
 * await using consumer = new Consumer({ queues: "mails", codec: json<Mail>(), concurrency: 10 });
 * await consumer.run(async (event) => await send(event.value));
 * ```
 *
 * `run` acknowledges an event when its handler returns, and gives it back, to come again later, when it throws. While the
 * handler runs, the event's lease is prolonged. In a loop you do that, with `event.ack()`, `nack()` and `touch()`:
 *
 * ```ts
 * for await (const event of consumer) {
 *   await send(event.value);
 *   await event.ack();
 * }
 * ```
 *
 * A loop gets an event each time it asks for one, as long as fewer than `concurrency` are in hand. An event that is not
 * settled stays in hand until its lease ends, and then comes again. Leaving the loop drains the consumer.
 */
export class Consumer<T = Uint8Array> implements AsyncIterable<QueuedEvent<T>>, Disposable, AsyncDisposable {
  readonly #options: ConsumerOptions<T>;
  readonly #codec: Codec<T>;
  readonly #leaseMs: number;
  readonly #concurrency: number;
  readonly #intake: EventSource;
  readonly #settler: Settler;
  #hands: EventSink<T> | undefined;
  #heartbeat: LeaseRenewer | undefined;
  #running: Promise<void> | undefined;
  #draining = false;

  /**
   * Starts nothing: `run` and loops do.
   *
   * @throws {TypeError} if an address is none, or there is no queue
   * @throws {RangeError} if a name or a number is out of bounds
   */
  constructor(options: ConsumerOptions<T>) {
    const { queues, concurrency = 1, leaseMs = 30_000 } = options;
    this.#options = options;
    this.#codec = options.codec ?? bytes as unknown as Codec<T>;
    this.#concurrency = inBounds("concurrency", Math.floor(concurrency), 1);
    this.#leaseMs = inBounds("leaseMs", leaseMs, 1);
    const names = [...new Set(typeof queues === "string" ? [queues] : queues)].map(checkQueue);
    if (names.length === 0) throw new TypeError("Cannot consume: no queue is given");
    const route = new Endpoints(options.addresses ?? DEFAULT_ADDRESS, options);
    const report = (error: unknown) => this.#report(error);
    this.#intake = new EventSource({ route, queues: names, leaseMs, report, idled: () => this.#changed() }, {
      free: () => this.#hands!.free(),
      take: (event) => this.#hands!.take(new Delivery(event, this.#codec, this.#settler)),
    });
    this.#settler = {
      settle: (event, verdict) => {
        const outcome = this.#intake.settle(event, verdict);
        this.#hands!.released(event);
        return outcome;
      },
      touch: (event, leaseMs) => this.#intake.touch(event, leaseMs),
    };
  }

  /**
   * Calls the handler for each event, up to `concurrency` at once. Acknowledges the event when the handler returns or its
   * promise resolves, unless it has settled the event itself; gives it back when it throws.
   *
   * @returns when the consumer is drained
   * @throws {Error} if the consumer is or was in use
   */
  async run(handler: Handler<T>): Promise<void> {
    if (this.#hands) throw new Error("Cannot run the consumer: it is or was in use");
    const report = (error: unknown, event: QueuedEvent<unknown>) => this.#report(error, event as QueuedEvent<T>);
    const { retryDelayMs, maxRetryDelayMs, maxLeaseMs = MAX_LEASE_MS } = this.#options;
    const retry = new Retry(retryDelayMs, maxRetryDelayMs);
    const heartbeat = new LeaseRenewer(this.#leaseMs, inBounds("maxLeaseMs", maxLeaseMs, 0), this.#settler, report);
    this.#heartbeat = heartbeat;
    await this.#start(new HandlerRunner(handler, retry, heartbeat, this.#handsOptions()));
  }

  /**
   * Begins a loop. Several may share the consumer.
   *
   * @throws {Error} if a handler uses the consumer
   */
  [Symbol.asyncIterator](): AsyncIterator<QueuedEvent<T>, undefined> {
    if (!this.#hands) this.#start(new EventIterator<T>(this.#handsOptions(), () => this.drain()));
    if (this.#hands instanceof EventIterator) return this.#hands.iterator();
    throw new Error("Cannot loop over the consumer's events: a handler is given them");
  }

  /** Takes no new events: loops end, events in hand are finished, and then the consumer hangs up. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#intake.drain();
    this.#hands?.drain();
    this.#changed();
  }

  /** Drains the consumer, gives back what loops have not settled, and waits until all is finished. */
  async close(): Promise<void> {
    this.drain();
    this.#hands?.giveUp();
    await this.#running;
  }

  /** Hangs up at once: events in hand come back when their leases end. */
  [Symbol.dispose](): void {
    this.#intake.close(true);
    this.#heartbeat?.stop();
    this.drain();
    this.#hands?.giveUp();
  }

  /** As {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onAbort = () => this.drain();

  #handsOptions(): EventSinkOptions {
    return {
      concurrency: this.#concurrency,
      changed: () => this.#changed(),
      report: (error, event) => this.#report(error, event as QueuedEvent<T>),
    };
  }

  #start(hands: EventSink<T>): Promise<void> {
    this.#hands = hands;
    const { signal } = this.#options;
    if (signal?.aborted) this.drain();
    signal?.addEventListener("abort", this.#onAbort);
    if (this.#draining) hands.drain();
    this.#running = this.#intake.run();
    this.#changed();
    return this.#running;
  }

  #changed(): void {
    if (!this.#draining) this.#intake.wanted();
    else if (this.#intake.idle && (this.#hands?.idle() ?? true)) this.#intake.close(false);
  }

  #report(error: unknown, event?: QueuedEvent<T>): void {
    if (this.#options.onError) return this.#options.onError(error, event);
    const what = event ? ` with event ${JSON.stringify(event.id)} of ${JSON.stringify(event.queue)}` : "";
    // deno-lint-ignore no-console -- nobody else would tell
    console.error(`okq consumer: trouble${what}:`, error);
  }
}
