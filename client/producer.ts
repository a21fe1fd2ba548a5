/**
 * Pushes events, and repeats a push that failed.
 *
 * When the outcome of a push is unknown, the event is sent again with the same id. If the server then holds the id, the
 * earlier push had succeeded. Only an event acknowledged in between is stored twice, unless the queue's policy remembers
 * its id.
 *
 * @module
 */
import { bytes, type Codec } from "./codec.ts";
import { BatchFailed, DuplicateEvent, type PushFailure, Refused, Unavailable } from "./errors.ts";
import { type Meta, metaArg } from "./meta.ts";
import { backoff, delay } from "./internal/backoff.ts";
import { Connection, DUPLICATE } from "./internal/connection.ts";
import { type Credentials, DEFAULT_ADDRESS, Endpoints, isDenied } from "./internal/endpoints.ts";
import { FlowWindow } from "./internal/flow_window.ts";
import { type Push, Tracing } from "./internal/tracing.ts";
import { type Arg, checkNumber, contentsArg, toSeconds } from "./internal/validate.ts";
import { withResolvers } from "./internal/runtime.ts";

/** Must exceed the server's `--store-timeout`. */
const REPLY_TIMEOUT_MS = 15_000;
const DEFAULT_TIMEOUT_MS = 30_000;
/** Limits of one `pushAll` in flight. */
const MAX_EVENTS = 2000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Limit of the server for one `pushAll` that is atomic. */
const MAX_ATOMIC_EVENTS = 1000;

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
   * Key whose events are delivered in the order of their pushes, and one at a time unless the queue's policy says
   * otherwise: a customer, an order. 1 to 512 bytes. Default: none.
   */
  group?: string;
  /** Kept with the event and handed to its consumer: {@linkcode Meta}, or up to 4,096 bytes of your own. Default: none. */
  meta?: Meta | Uint8Array;
  /**
   * `ignore`: an id that the queue holds counts as pushed, for programs that are run again with the same ids. Nothing is
   * changed then. Default: `fail`.
   */
  ifPresent?: "fail" | "ignore";
}

/** Options of `pushAll`. */
export interface PushAllOptions<T = Uint8Array> extends PushOptions {
  /** Returns the id of each event. Default: new UUIDs. */
  id?: (value: T, index: number) => string;
  /**
   * Pushes all events or none, together: at most 1,000, with 8 MiB of contents. Not with `noblock` or `ifPresent`.
   * Default: false.
   */
  atomic?: boolean;
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
  readonly #tracing = Tracing.start();
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
   * @throws {TypeError} if a name or value of `meta` cannot be a line
   */
  push(queue: string, value: T, options: PushOptions & { id?: string } = {}): Promise<string> {
    const id = options.id ?? crypto.randomUUID();
    return this.#track(async () => {
      const contents = this.#codec.encode(value);
      const attributes = { "messaging.message.id": id, "messaging.message.body.size": contents.length };
      await this.#traced(queue, attributes, options, async (meta) => {
        await this.#push(queue, id, contents, options, optionArgs(options, meta));
      });
      return id;
    });
  }

  /**
   * Pushes many events, in order, except those that had to be sent again; or all together with `atomic`.
   *
   * @returns the ids, in the order of the values
   * @throws {BatchFailed} if some were not pushed; with `atomic`, what `push` throws, and none is pushed
   * @throws {RangeError} if `delayMs` or `ttlMs` is out of bounds, or `atomic` has more than 1,000 values
   * @throws {TypeError} if a name or value of `meta` cannot be a line, or an option excludes `atomic`
   * @throws what `values`, `id` or the codec throws; the events before are pushed, except with `atomic`
   */
  pushAll(
    queue: string,
    values: Iterable<T> | AsyncIterable<T>,
    options: PushAllOptions<T> = {},
  ): Promise<string[]> {
    return this.#track(() =>
      this.#traced(queue, {}, options, async (meta, span) => {
        const push = options.atomic ? this.#pushTogether : this.#pushEach;
        const ids = await push.call(this, queue, values, options, optionArgs(options, meta));
        span?.setAttribute("messaging.batch.message_count", ids.length);
        return ids;
      })
    );
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

  #traced<R>(
    queue: string,
    attributes: Record<string, string | number>,
    { meta }: PushOptions,
    push: Push<R>,
  ): Promise<R> {
    return this.#tracing ? this.#tracing.push(queue, attributes, meta, push) : push(metaArg(meta));
  }

  async #pushEach(
    queue: string,
    values: Iterable<T> | AsyncIterable<T>,
    options: PushAllOptions<T>,
    args: Arg[],
  ): Promise<string[]> {
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
        this.#push(queue, id, contents, options, args).catch((error) => {
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
  }

  async #pushTogether(
    queue: string,
    values: Iterable<T> | AsyncIterable<T>,
    options: PushAllOptions<T>,
    args: Arg[],
  ): Promise<string[]> {
    if (options.noblock || options.ifPresent === "ignore") {
      throw new TypeError("Cannot push all or none: noblock and ifPresent exclude atomic");
    }
    const ids: string[] = [];
    const events: Arg[] = [];
    for await (const value of values) {
      if (ids.length === MAX_ATOMIC_EVENTS) {
        throw new RangeError(`Cannot push all or none: there are more than ${MAX_ATOMIC_EVENTS} values`);
      }
      const id = options.id?.(value, ids.length) ?? crypto.randomUUID();
      ids.push(id);
      events.push(id, contentsArg(this.#codec.encode(value)));
    }
    if (ids.length === 0) return ids;
    const side = options.side === "right" ? ["RIGHT"] : [];
    await this.#send(queue, ["QMPUSH", queue, ...side, ...args, "EVENTS", ...events], options);
    return ids;
  }

  async #push(queue: string, id: string, contents: Uint8Array, options: PushOptions, args: Arg[]): Promise<void> {
    const name = options.side === "right" ? "QRPUSH" : "QLPUSH";
    const noblock = options.noblock ? ["NOBLOCK"] : [];
    await this.#send(queue, [name, queue, id, contentsArg(contents), ...noblock, ...args], options, id);
  }

  /** @param id of the only event */
  async #send(queue: string, command: Arg[], { ifPresent }: PushOptions, id?: string): Promise<void> {
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
          if (mayBeStored || ifPresent === "ignore") return this.#endpoints.succeeded();
          throw new DuplicateEvent(queue, id ?? error.message.slice(DUPLICATE.length));
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

/** Those of all commands that push. */
function optionArgs({ delayMs, ttlMs, group }: PushOptions, meta: Arg | undefined): Arg[] {
  const args: Arg[] = [];
  if (delayMs !== undefined) args.push("DELAY", toSeconds(checkNumber("delayMs", delayMs, 0)));
  if (ttlMs !== undefined) args.push("TTL", toSeconds(checkNumber("ttlMs", ttlMs, 1)));
  if (group !== undefined) args.push("GROUP", group);
  if (meta !== undefined) args.push("META", meta);
  return args;
}
