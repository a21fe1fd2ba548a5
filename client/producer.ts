/**
 * Pushes events, and repeats a push that failed.
 *
 * When the outcome of a push is unknown, the event is sent again with the same id. If the server then holds the id, the
 * earlier push had succeeded. Only an event acknowledged in between is stored twice.
 *
 * @module
 */
import { bytes, type Codec } from "./codec.ts";
import { BatchFailed, DuplicateEvent, type PushFailure, Refused, Unavailable } from "./errors.ts";
import { backoff, delay } from "./internal/backoff.ts";
import { Connection, DUPLICATE } from "./internal/connection.ts";
import { type Credentials, DEFAULT_ADDRESS, Endpoints, isDenied } from "./internal/endpoints.ts";
import { FlowWindow } from "./internal/flow_window.ts";
import { type Arg, checkNumber, contentsArg, toSeconds } from "./internal/validate.ts";
import { withResolvers } from "./internal/runtime.ts";

/** Must exceed the server's `--store-timeout`. */
const REPLY_TIMEOUT_MS = 15_000;
const DEFAULT_TIMEOUT_MS = 30_000;
/** Limits of one `pushAll` in flight. */
const MAX_EVENTS = 2000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Options of a {@linkcode Producer}. */
export interface ProducerOptions<T = Uint8Array> extends Credentials {
  /** Servers as `host:port`; the next is used when one fails. Default: `127.0.0.1:4777`. */
  addresses?: string | readonly string[];
  /** Encodes contents. Default: {@linkcode bytes}. */
  codec?: Codec<T>;
  /** How long a push is attempted, in milliseconds; the last attempt may end later. Default: 30,000. */
  timeoutMs?: number;
}

/** Options of `push` and `pushAll`. */
export interface PushOptions {
  /** Events on the `right` are delivered first. Default: `left`. */
  side?: "left" | "right";
  /** Returns before the event is stored: faster, and lost if the server is killed. */
  noblock?: boolean;
  /** Time until the event is ready, in milliseconds. Default: 0. */
  delayMs?: number;
  /** Time until an undelivered event is removed, in milliseconds. Default: never. */
  ttlMs?: number;
  /**
   * `ignore`: an id that the queue holds counts as pushed, for programs that are run again with the same ids. Nothing is
   * changed then. Default: `fail`.
   */
  ifPresent?: "fail" | "ignore";
}

/**
 * Pushes events. Reconnects by itself.
 *
 * ```ts
 * await using producer = new Producer({ addresses: "127.0.0.1:4777", codec: json<Mail>() });
 * await producer.push("mails", { to: "ann@example.com" }, { id: "order-42" });
 * ```
 */
export class Producer<T = Uint8Array> implements Disposable, AsyncDisposable {
  readonly #endpoints: Endpoints;
  readonly #codec: Codec<T>;
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();
  #connection: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #pending = new Set<Promise<unknown>>();
  #lastError: Unavailable | undefined;

  /**
   * Does not connect.
   *
   * @throws {TypeError} if an address cannot be read
   */
  constructor(options: ProducerOptions<T> = {}) {
    this.#endpoints = new Endpoints(options.addresses ?? DEFAULT_ADDRESS, options);
    this.#codec = options.codec ?? bytes as unknown as Codec<T>;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /**
   * Pushes one event.
   *
   * @param options also `id`, by default a new UUID
   * @returns the id, once the event is stored; with `noblock`, once the server has received it
   * @throws {DuplicateEvent} if the queue holds the id, not from an earlier attempt of this call, unless `ifPresent`
   *   says to ignore it
   * @throws {TooBusy} if the server accepts no more `noblock` pushes
   * @throws {Unavailable} if it did not succeed within `timeoutMs`, or the producer is closed
   * @throws {Refused} if the server refuses the event, or the user: a wrong password, or a missing role or queue
   * @throws {RangeError} if `delayMs` or `ttlMs` is out of bounds
   */
  push(queue: string, value: T, options: PushOptions & { id?: string } = {}): Promise<string> {
    const id = options.id ?? crypto.randomUUID();
    return this.#track(async () => {
      await this.#push(queue, id, this.#codec.encode(value), options);
      return id;
    });
  }

  /**
   * Pushes many events, in order, except those that had to be sent again.
   *
   * @param options also `id`, which returns the id of each; by default a new UUID
   * @returns the ids, in the order of the values
   * @throws {BatchFailed} if some were not pushed
   * @throws what `values`, `id` or the codec throws; the events before are pushed
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
      let denied: Refused | undefined; // then no further event is tried
      try {
        for await (const value of values) {
          const index = ids.length;
          const id = options.id?.(value, index) ?? crypto.randomUUID();
          const contents = this.#codec.encode(value);
          ids.push(id);
          if (denied) {
            failures.push({ index, id, error: denied });
            continue;
          }
          const hasRoom = window.enter(contents.length);
          this.#push(queue, id, contents, options).catch((error) => {
            failures.push({ index, id, error });
            if (isDenied(error)) denied = error;
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

  /** Waits for pending pushes and disconnects. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    this[Symbol.dispose]();
  }

  /** Disconnects at once. Pending pushes fail with {@linkcode Unavailable}, their outcome unknown. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#connection?.destroy();
  }

  /** Like {@linkcode close}. */
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
    const command: Arg[] = [options.side === "right" ? "QRPUSH" : "QLPUSH", queue, id, contentsArg(contents)];
    if (options.noblock) command.push("NOBLOCK");
    if (options.delayMs !== undefined) command.push("DELAY", toSeconds(checkNumber("delayMs", options.delayMs, 0)));
    if (options.ttlMs !== undefined) command.push("TTL", toSeconds(checkNumber("ttlMs", options.ttlMs, 1)));
    const deadline = performance.now() + this.#timeoutMs;
    let mayBeStored = false;
    for (let failures = 1;; failures++) {
      let connection = this.#connection;
      try {
        connection ??= await this.#connect(deadline);
        if (!connection) throw this.#unreachable();
        await connection.send(command);
        return this.#endpoints.succeeded();
      } catch (error) {
        if (error instanceof Refused && error.message.startsWith(DUPLICATE)) {
          if (mayBeStored || options.ifPresent === "ignore") return this.#endpoints.succeeded();
          throw new DuplicateEvent(queue, id);
        }
        const failed = error instanceof Unavailable;
        if (!failed && !mayBeStored) throw error;
        if (failed) this.#disconnect(connection, error);
        mayBeStored ||= failed && error.outcomeUnknown;
        const waitMs = backoff(failures);
        if (!failed || this.#closed.signal.aborted || performance.now() + waitMs > deadline) {
          const reason = error instanceof Error ? error.message : error;
          throw new Unavailable(`Pushing to ${JSON.stringify(queue)} failed: ${reason}`, mayBeStored, { cause: error });
        }
        await delay(waitMs, this.#closed.signal);
      }
    }
  }

  async #connect(deadline: number): Promise<Connection | undefined> {
    if (this.#closed.signal.aborted) return undefined;
    this.#connecting ??= this.#open().finally(() => this.#connecting = undefined);
    const { promise: timedOut, resolve } = withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(deadline - performance.now(), 0));
    await Promise.race([this.#connecting, timedOut]).finally(() => clearTimeout(timer));
    return this.#connection;
  }

  async #open(): Promise<void> {
    const connection = await this.#endpoints.connect(
      (address) => Connection.open(address, REPLY_TIMEOUT_MS),
      this.#closed.signal,
      (error) => this.#lastError = error as Unavailable,
    );
    if (this.#closed.signal.aborted) return connection?.destroy();
    this.#connection = connection;
    connection?.lost.then((reason) => this.#disconnect(connection, reason));
  }

  /** The next push uses another connection. */
  #disconnect(connection: Connection | undefined, reason: Unavailable): void {
    this.#lastError = reason;
    if (!connection || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#endpoints.failed();
    connection.close();
  }

  #unreachable(): Unavailable {
    if (this.#closed.signal.aborted) return new Unavailable("The producer is closed", false);
    return new Unavailable(this.#lastError?.message ?? "No okq replied in time", false, { cause: this.#lastError });
  }
}
