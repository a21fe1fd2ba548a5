/**
 * Pushing events, each once.
 *
 * The life of a push: it is given an id before it is sent for the first time. When its outcome is unknown, because the
 * connection or the store broke, it is sent again with the same id; if the server then says that it holds that id, the
 * first attempt had succeeded.
 *
 * @module
 */
import { backoff, pause } from "./internal/backoff.ts";
import { inBounds, inSeconds } from "./internal/bounds.ts";
import { bytes, type Codec } from "./codec.ts";
import { type Arg, Connection, type Credentials, DUPLICATE } from "./internal/connection.ts";
import { BatchFailed, DuplicateEvent, type PushFailure, Refused, Unavailable } from "./errors.ts";
import { argOf } from "./internal/validate.ts";
import { DEFAULT_ADDRESS, Endpoints } from "./internal/endpoints.ts";
import { FlowWindow } from "./internal/flow_window.ts";

/** How long nothing may be answered before a connection is given up, in milliseconds: above the server's `--store-timeout`. */
const REPLY_TIMEOUT_MS = 15_000;
/** Events of one `pushAll` that are under way at once. */
const MAX_EVENTS = 2000;
/** Bytes of their contents. */
const MAX_BYTES = 8 * 1024 * 1024;

/** How a {@linkcode Producer} works. */
export interface ProducerOptions<T = Uint8Array> extends Credentials {
  /** Where okq listens, as `host:port`; several are tried in turn. By default `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
  /** What events hold. By default {@linkcode bytes}. */
  codec?: Codec<T>;
  /** How long a push is tried, in milliseconds; an attempt under way is waited for. 30,000 by default. */
  timeoutMs?: number;
}

/** How events are pushed. */
export interface PushOptions {
  /** `left`, the default, is the end of the line; an event on the `right` is the next one popped. */
  side?: "left" | "right";
  /** Have the server take it on and push it in the background: faster, and lost if the server is killed. */
  noblock?: boolean;
  /** When the event becomes ready, in milliseconds from when the server has it. At once by default. */
  delayMs?: number;
  /** When it is removed if it has not been delivered by then, in milliseconds likewise. Never by default. */
  ttlMs?: number;
}

/**
 * Pushes events. It connects when it first has something to push, and again whenever it must.
 *
 * ```ts
 * await using producer = new Producer({ addresses: "127.0.0.1:4777", codec: json<Mail>() });
 * await producer.push("mails", { to: "ann@example.com" }, { id: "order-42" });
 * ```
 */
export class Producer<T = Uint8Array> implements Disposable, AsyncDisposable {
  readonly #route: Endpoints;
  readonly #codec: Codec<T>;
  readonly #timeoutMs: number;
  readonly #ended = new AbortController();
  #live: Connection | undefined;
  #opening: Promise<void> | undefined;
  #pending = new Set<Promise<unknown>>();
  #trouble: Unavailable | undefined;

  /**
   * Connects to nothing yet.
   *
   * @throws {TypeError} if an address is none
   */
  constructor(options: ProducerOptions<T> = {}) {
    this.#route = new Endpoints(options.addresses ?? DEFAULT_ADDRESS, options);
    this.#codec = options.codec ?? bytes as unknown as Codec<T>;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
  }

  /**
   * Pushes one event.
   *
   * @param options its `id`, by default a new UUID, and how it is pushed
   * @returns its id, once the store has it, or with `noblock` once the server has taken it on
   * @throws {DuplicateEvent} if the queue holds an event of this id, and not because of an earlier attempt of this call
   * @throws {TooBusy} for `noblock`
   * @throws {Unavailable} if the time is up, or the producer is closed
   * @throws {Refused} if the server refuses it for good
   * @throws {RangeError} if a time is out of bounds
   */
  push(queue: string, value: T, options: PushOptions & { id?: string } = {}): Promise<string> {
    const id = options.id ?? crypto.randomUUID();
    return this.#track(async () => {
      await this.#push(queue, id, this.#codec.encode(value), options);
      return id;
    });
  }

  /**
   * Pushes many events, thousands at a time. They enter the queue in this order, but for those that had to be sent again.
   *
   * @param options `id` gives each its id, by default a new UUID
   * @returns their ids, in the order of the values
   * @throws {BatchFailed} if some were not pushed; all others were
   * @throws what `values`, `id` or the codec throws; the events before it are pushed
   */
  pushAll(
    queue: string,
    values: Iterable<T> | AsyncIterable<T>,
    options: PushOptions & { id?: (value: T, index: number) => string } = {},
  ): Promise<string[]> {
    return this.#track(async () => {
      const ids: string[] = [];
      const failures: PushFailure[] = [];
      const window = new FlowWindow(MAX_EVENTS, MAX_BYTES);
      try {
        for await (const value of values) {
          const index = ids.length;
          const id = options.id?.(value, index) ?? crypto.randomUUID();
          const contents = this.#codec.encode(value);
          ids.push(id);
          const hasRoom = window.enter(contents.length);
          this.#push(queue, id, contents, options).catch((error) => {
            failures.push({ index, id, error });
          }).finally(() => window.leave(contents.length));
          if (!hasRoom) await window.room();
        }
      } finally {
        await window.empty();
      }
      if (failures.length === 0) return ids;
      throw new BatchFailed(queue, failures.toSorted((a, b) => a.index - b.index), ids.length);
    });
  }

  /** Waits for the pushes under way and hangs up. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    this[Symbol.dispose]();
  }

  /** Hangs up at once: pushes under way fail with an unknown outcome. */
  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#live?.destroy();
  }

  /** Waits for the pushes under way and hangs up. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #track<R>(work: () => Promise<R>): Promise<R> {
    const result = work();
    this.#pending.add(result);
    try {
      return await result;
    } finally {
      this.#pending.delete(result);
    }
  }

  async #push(queue: string, id: string, contents: Uint8Array, options: PushOptions): Promise<void> {
    const command: Arg[] = [options.side === "right" ? "QRPUSH" : "QLPUSH", queue, id, argOf(contents)];
    if (options.noblock) command.push("NOBLOCK");
    if (options.delayMs !== undefined) command.push("DELAY", inSeconds(inBounds("delayMs", options.delayMs, 0)));
    if (options.ttlMs !== undefined) command.push("TTL", inSeconds(inBounds("ttlMs", options.ttlMs, 1)));
    const deadline = performance.now() + this.#timeoutMs;
    let mayBeStored = false;
    for (let failures = 1;; failures++) {
      const connection = this.#live ?? await this.#reach(deadline);
      try {
        if (!connection) throw this.#outOfReach();
        await connection.ask(command);
        return this.#route.served();
      } catch (error) {
        if (error instanceof Refused && error.message.startsWith(DUPLICATE)) {
          if (mayBeStored) return;
          throw new DuplicateEvent(queue, id);
        }
        if (!(error instanceof Unavailable)) throw error;
        this.#leave(connection, error);
        mayBeStored ||= error.outcomeUnknown;
        const wait = backoff(failures);
        if (this.#ended.signal.aborted || performance.now() + wait > deadline) {
          throw new Unavailable(`Pushing to ${JSON.stringify(queue)} failed: ${error.message}`, mayBeStored, {
            cause: error,
          });
        }
        await pause(wait, this.#ended.signal);
      }
    }
  }

  /** The connection, once there is one; undefined if there is none in time. */
  async #reach(deadline: number): Promise<Connection | undefined> {
    if (this.#ended.signal.aborted) return undefined;
    this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(deadline - performance.now(), 0));
    await Promise.race([this.#opening, late]);
    clearTimeout(timer);
    return this.#live;
  }

  async #open(): Promise<void> {
    const connection = await this.#route.connect(
      (address) => Connection.open(address, REPLY_TIMEOUT_MS),
      this.#ended.signal,
      (error) => this.#trouble = error as Unavailable,
    );
    if (this.#ended.signal.aborted) return connection?.destroy();
    this.#live = connection;
    connection?.lost.then((reason) => this.#leave(connection, reason));
  }

  /** Has the next push use another connection. */
  #leave(connection: Connection | undefined, reason: Unavailable): void {
    this.#trouble = reason;
    if (!connection || this.#live !== connection) return;
    this.#live = undefined;
    this.#route.failed();
    connection.close();
  }

  #outOfReach(): Unavailable {
    if (this.#ended.signal.aborted) return new Unavailable("The producer is closed", false);
    return new Unavailable(this.#trouble?.message ?? "No okq has answered yet", false, { cause: this.#trouble });
  }
}
