/**
 * Claims events and processes them, in a handler or in loops.
 *
 * @module
 */
import { bytes, type Codec } from "./codec.ts";
import { Delivery, type DeliveryActions, type Outcome, type QueuedEvent } from "./event.ts";
import { RetryDelays } from "./internal/backoff.ts";
import { type Credentials, DEFAULT_ADDRESS, Endpoints } from "./internal/endpoints.ts";
import { ErrorLog } from "./internal/delivery/error_log.ts";
import { EventIterator } from "./internal/delivery/event_iterator.ts";
import { EventSource } from "./internal/delivery/event_source.ts";
import { type Handler, HandlerRunner } from "./internal/delivery/handler_runner.ts";
import { LeaseRenewer } from "./internal/delivery/lease_renewer.ts";
import { Tracing } from "./internal/tracing.ts";
import type { EventSink, EventSinkOptions } from "./internal/delivery/sink.ts";
import { checkNumber, checkQueue } from "./internal/validate.ts";

const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_MAX_LEASE_MS = 600_000;

/** Options of a {@linkcode Consumer}. */
export interface ConsumerOptions<T = Uint8Array> extends Credentials {
  /** Queues to consume. */
  queues: string | readonly string[];
  /**
   * Which queue is preferred when several have events: each in turn, or with `strict` the first that has some, so that
   * earlier ones have priority. Default: `turns`.
   */
  order?: "strict" | "turns";
  /** Servers as `host:port`; the next is used when one fails. Default: `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
  /** Decodes contents. Default: {@linkcode bytes}. */
  codec?: Codec<T>;
  /** Largest number of events in processing. Default: 1. */
  concurrency?: number;
  /** Duration of a lease, in milliseconds: a killed consumer's events are delivered again after it. Default: 30,000. */
  leaseMs?: number;
  /**
   * How long a handler may hold an event, in milliseconds: its lease is renewed until then. With `leaseMs` or less, it
   * is not renewed. Default: 600,000.
   */
  maxLeaseMs?: number;
  /**
   * Time until a failed event is delivered again, in milliseconds: doubled with each attempt, less up to a half at
   * random. `"queue"`: as its policy says. Default: 1,000.
   */
  retryDelayMs?: number | "queue";
  /** Limit of the doubled `retryDelayMs`, in milliseconds. Default: 300,000. */
  maxRetryDelayMs?: number;
  /** Drains the consumer when aborted. */
  signal?: AbortSignal;
  /**
   * Receives errors that no call returns, with the event if they are of a handler or of settling. Default: writes a line
   * for each to the console, or one for several that repeat.
   */
  onError?: (error: unknown, event?: QueuedEvent<T>) => void;
  /**
   * Called when an event of this consumer went to the dead queue: its last attempt failed or it was buried. Not called
   * when okq ends its lease, and not if the reply to the last attempt was lost.
   */
  onDead?: (event: QueuedEvent<T>) => void;
}

/**
 * Consumes events, with a handler or in loops.
 *
 * ```ts
 * await using consumer = new Consumer({ queues: "mails", codec: json<Mail>(), concurrency: 10 });
 * await consumer.run(async (event) => await send(event.value));
 * ```
 *
 * `run` renews leases and settles events. A loop does that itself, with `event.ack()`, `nack()` and `touch()`:
 *
 * ```ts
 * for await (const event of consumer) {
 *   await send(event.value);
 *   await event.ack();
 * }
 * ```
 *
 * A loop receives an event each time it asks, while fewer than `concurrency` are unsettled; an unsettled event is
 * delivered again when its lease ends. Leaving the loop drains the consumer.
 */
export class Consumer<T = Uint8Array> implements AsyncIterable<QueuedEvent<T>>, Disposable, AsyncDisposable {
  readonly #options: ConsumerOptions<T>;
  readonly #leaseMs: number;
  readonly #concurrency: number;
  readonly #source: EventSource;
  readonly #actions: DeliveryActions;
  #sink: EventSink<T> | undefined;
  #renewer: LeaseRenewer | undefined;
  #running: Promise<void> | undefined;
  #draining = false;
  readonly #log = new ErrorLog();

  /**
   * Does not connect.
   *
   * @throws {TypeError} if there is no queue, or an address cannot be read
   * @throws {RangeError} if a queue name or a number is out of bounds
   */
  constructor(options: ConsumerOptions<T>) {
    const { queues, concurrency = 1, leaseMs = DEFAULT_LEASE_MS } = options;
    const codec = options.codec ?? bytes as unknown as Codec<T>;
    this.#options = options;
    this.#concurrency = checkNumber("concurrency", Math.floor(concurrency), 1);
    this.#leaseMs = checkNumber("leaseMs", leaseMs, 1);
    const names = [...new Set(typeof queues === "string" ? [queues] : queues)].map(checkQueue);
    if (names.length === 0) throw new TypeError("Cannot consume: no queue is given");
    this.#source = new EventSource({
      endpoints: new Endpoints(options.addresses ?? DEFAULT_ADDRESS, options),
      queues: names,
      order: options.order ?? "turns",
      leaseMs,
      capacity: () => this.#sink!.capacity(),
      deliver: (event) => this.#sink!.deliver(new Delivery(event, codec, this.#actions)),
      onIdle: () => this.#update(),
      onError: options.onError ?? ((error) => this.#log.error(error)),
      onReconnect: (address) => {
        if (!options.onError) this.#log.reconnected(address);
      },
    });
    this.#actions = {
      settle: (event, settlement) => {
        const settled = this.#source.settle(event, settlement);
        this.#sink!.settling(event);
        return options.onDead ? this.#watchForDead(event as Delivery<T>, settled) : settled;
      },
      touch: (event, leaseMs) => this.#source.touch(event, leaseMs),
    };
  }

  /**
   * Calls the handler for each event, up to `concurrency` at a time. An event that it has not settled is acknowledged
   * when it returns or its promise resolves, and delivered again later if it throws or rejects.
   *
   * @returns when the consumer is drained
   * @throws {Refused} if a server refuses the user: a wrong password, or a missing role or queue
   * @throws {Error} if the consumer is or was in use
   * @throws {RangeError} if `maxLeaseMs`, `retryDelayMs` or `maxRetryDelayMs` is negative or not finite
   */
  async run(handler: Handler<T>): Promise<void> {
    if (this.#sink) throw new Error("Cannot run the consumer: it is or was in use");
    const { retryDelayMs, maxRetryDelayMs, maxLeaseMs = DEFAULT_MAX_LEASE_MS } = this.#options;
    const options = this.#sinkOptions();
    const retryDelays = new RetryDelays(retryDelayMs, maxRetryDelayMs);
    checkNumber("maxLeaseMs", maxLeaseMs, 0);
    this.#renewer = new LeaseRenewer(this.#leaseMs, maxLeaseMs, this.#actions, options.onError);
    const tracing = Tracing.start();
    const traced: Handler<T> = tracing ? (event) => tracing.process(event, () => handler(event)) : handler;
    await this.#start(new HandlerRunner(traced, retryDelays, this.#renewer, options));
  }

  /**
   * Begins a loop; several may share the consumer. It throws {@linkcode Refused} if a server refuses the user.
   *
   * @throws {Error} if the consumer runs a handler
   */
  [Symbol.asyncIterator](): AsyncIterator<QueuedEvent<T>, undefined> {
    if (!this.#sink) this.#start(new EventIterator<T>(this.#sinkOptions(), () => this.drain()));
    if (this.#sink instanceof EventIterator) return this.#sink.iterator();
    throw new Error("Cannot loop over the consumer's events: it runs a handler");
  }

  /** Claims no more events and ends loops. Disconnects once all events are settled or their leases have ended. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#source.drain();
    this.#sink?.drain();
    this.#update();
  }

  /** Drains, gives back the unsettled events of loops, and resolves once disconnected. */
  async close(): Promise<void> {
    this.drain();
    this.#sink?.giveBack();
    await this.#running?.catch(() => {}); // `run` or the loop has thrown it
  }

  /** Disconnects at once. Unsettled events are delivered again when their leases end. */
  [Symbol.dispose](): void {
    this.#source.close(true);
    this.#renewer?.stop();
    this.drain();
    this.#sink?.giveBack();
  }

  /** Like {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onAbort = () => this.drain();

  #sinkOptions(): EventSinkOptions {
    const onError = this.#options.onError as ((error: unknown, event: QueuedEvent<unknown>) => void) | undefined;
    return {
      concurrency: this.#concurrency,
      onChange: () => this.#update(),
      onFailure: onError ?? ((error, event) => this.#log.failure(error, event)),
      onError: onError ?? ((error, event) => this.#log.error(error, event)),
    };
  }

  async #watchForDead(event: Delivery<T>, settled: Promise<Outcome>): Promise<Outcome> {
    const outcome = await settled;
    try {
      if (outcome === "dead") this.#options.onDead!(event);
    } catch (error) {
      this.#sinkOptions().onError(error, event as Delivery<unknown>);
    }
    return outcome;
  }

  #start(sink: EventSink<T>): Promise<void> {
    this.#sink = sink;
    const { signal } = this.#options;
    if (signal?.aborted) this.drain();
    signal?.addEventListener("abort", this.#onAbort);
    if (this.#draining) sink.drain();
    this.#running = this.#source.run().catch((error) => {
      sink.fail(error);
      this[Symbol.dispose]();
      throw error;
    }).finally(() => this.#log.close());
    this.#running.catch(() => {}); // a loop does not wait for it
    this.#update();
    return this.#running;
  }

  #update(): void {
    if (!this.#draining) this.#source.capacityChanged();
    else if (this.#source.idle && (this.#sink?.idle() ?? true)) this.#source.close(false);
  }
}
