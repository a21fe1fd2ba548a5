/**
 * Batching: why okq is fast. One script call per event reaches 10,000 events a second; one for 256 events reaches more
 * than 200,000. So the operations submitted in one turn of the event loop travel as one call. While two calls are in
 * flight the next operations gather: batches grow by themselves under load, and add no delay without it.
 *
 * One Redis server has one batcher, a Cluster has one for each partition.
 *
 * Batches are done in the order of their operations, although Redis may refuse one temporarily, or do only a part of one
 * that means much work: a batch that is sent while another is in flight names that one, and Redis refuses it unless that
 * one is done. okq's library in Redis knows the last one done; where okq calls a script, batches wait for each other.
 *
 * @module
 */
import type { QueueCounts } from "../../counters.ts";
import { partitionOf } from "../../partition.ts";
import { type BatchObserver, QueueFull, type StoreOptions, StoreUnavailable } from "../../store.ts";
import { EncodedArguments, errorFromRedis, FORBIDDEN, type Link } from "../connection/link.ts";
import { contentsKey, listOf, type SharedKeys } from "../keys.ts";
import type { Argument, Operation, UnreadEvent } from "../script/operations.ts";
import { queueLibrary } from "../script/queue_script.ts";
import {
  type Batch,
  hasRoom,
  isFull,
  MAX_SMALL_CONTENTS_BYTES,
  newBatch,
  pack,
  packed,
  packLarge,
  positionOf,
  startOrJoinRun,
} from "./batch.ts";
import { ContentsReader } from "./contents_reader.ts";
import { Packer, Unpacker } from "./msgpack.ts";
import { RecentQueues } from "./recent_queues.ts";

/** One call runs in Redis while the next is on its way. */
const MAX_IN_FLIGHT = 2;
/** So many are sent before the turn ends, so that Redis works on them while okq reads the next. */
const EAGER_OPERATIONS = 256;
/** Longer buffers of packers are not used again. */
const MAX_REUSED_BYTES = 64 * 1024;
/** Pause before a call that Redis refused temporarily is sent again. */
const RETRY_MS = 50;
/** Time that contents without an event stay, beyond that for which a batch is tried. */
const UNUSED_CONTENTS_MS = 60_000;

/** How many replicas must have a change before it is answered. */
export interface Replication {
  /** Besides the master; 0 does not wait. */
  replicas: number;
  timeoutMs: number;
}

/** What a batch did to one queue. */
export interface QueueDelta extends QueueCounts {
  ready: number;
  /** Milliseconds until ready events may be delivered, if they wait for the rate of the queue; otherwise 0. */
  waitMs: number;
}

export interface BatcherOptions extends Pick<StoreOptions, "timeoutMs" | "observe" | "report"> {
  link: Link;
  replication: Replication;
  /** Names this store in its own notifications. */
  sender: string;
  /** Of the queues that it reaches. */
  keys: SharedKeys;
  /** Called for each queue that a batch changed. @param key the queue's map key */
  onDelta(key: string, delta: QueueDelta): void;
}

/** A call that cannot be part of a batch. */
interface Call {
  readonly number: number;
  readonly since: number;
  send(): Promise<void>;
  fail(error: unknown): void;
}

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #observe: BatchObserver;
  readonly #contents: ContentsReader;
  readonly #waiting: (Batch | Call)[] = [];
  readonly #sharedKeys: EncodedArguments;
  /** The arguments that every call has. */
  readonly #constants: EncodedArguments;
  readonly #queues = new RecentQueues();
  readonly #unusedPackers: Packer[] = [];
  /** Not a Set: one that often grows and shrinks keeps what was in it alive for long. */
  #inFlight: (Batch | Call)[] = [];
  #open: Batch | undefined;
  #lastNumber = 0;
  #lastContents = 0;
  /** Batches have to wait for each other. */
  #isBusy = false;
  #scheduled = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #onIdle: () => void = () => {};

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#observe = options.observe ?? (() => {});
    this.#contents = new ContentsReader(options.link);
    this.#sharedKeys = new EncodedArguments(listOf(options.keys));
    const { link, sender } = options;
    this.#constants = new EncodedArguments([link.channelPrefix, link.publish, sender]);
  }

  /**
   * Performs an operation of the script. Arguments are copied.
   * @param parameter adjacent operations of one kind that share it become one Redis call
   * @throws {StoreUnavailable} if Redis cannot be reached in time, or with an unknown outcome if the connection broke
   */
  submit<Args extends Argument[], Result>(
    operation: Operation<Args, Result>,
    queue: Uint8Array,
    parameter = 0,
    ...args: Args
  ): Promise<Result> {
    if (!this.#open || isFull(this.#open)) this.#enqueue(this.#open = this.#newBatch());
    const batch = this.#open;
    batch.writes ||= operation.writes;
    startOrJoinRun(batch, operation, positionOf(batch, this.#queues.get(queue)), parameter);
    for (let i = 0; i < args.length; i++) {
      const argument = args[i];
      if (!operation.stores || i !== 1) pack(batch, argument, this.#queues);
      else if (Array.isArray(argument)) this.#packEvents(batch, queue, argument);
      else this.#packContents(batch, queue, argument as Uint8Array);
    }
    const result = new Promise<Result>((resolve, reject) => {
      batch.pending.push({ operation, resolve: resolve as (result: unknown) => void, reject });
    });
    if (batch.pending.length === EAGER_OPERATIONS) this.#pump();
    return result;
  }

  /** Has the next operation begin a new batch, unless the open one has room for its bytes. */
  makeRoom(bytes: number): void {
    if (this.#open && !hasRoom(this.#open, bytes)) this.#open = undefined;
  }

  /**
   * Makes another call, between the operations submitted before and after it.
   * @throws {StoreUnavailable} as {@linkcode submit}
   */
  call<Result>(send: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#open = undefined;
    this.#enqueue({
      number: ++this.#lastNumber,
      since: performance.now(),
      send: async () => {
        const sentAt = performance.now();
        const result = await send();
        this.#observe(1, performance.now() - sentAt, false);
        resolve(result);
      },
      fail: reject,
    });
    return promise;
  }

  /** Redis can be reached again: sends at once what waits for a retry. */
  wake(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#pump();
  }

  /** Resolves when everything submitted is done or has failed. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#inFlight.length > 0) {
      await new Promise<void>((resolve) => this.#onIdle = resolve);
    }
    await this.#contents.idle;
  }

  #newBatch(): Batch {
    this.#queues.trim();
    return newBatch(++this.#lastNumber, this.#unusedPackers.pop() ?? new Packer());
  }

  #packContents(batch: Batch, queue: Uint8Array, contents: Uint8Array): void {
    if (contents.length <= MAX_SMALL_CONTENTS_BYTES) return batch.packer.bytes(contents);
    const token = `${this.#options.sender}-${++this.#lastContents}`;
    packLarge(batch, contents, contentsKey(partitionOf(queue), token), token);
  }

  /** @param events ids and contents in turn */
  #packEvents(batch: Batch, queue: Uint8Array, events: Uint8Array[]): void {
    batch.packer.array(events.length);
    for (const [i, bytes] of events.entries()) {
      if (i % 2 === 0) batch.packer.bytes(bytes);
      else this.#packContents(batch, queue, bytes);
    }
  }

  #enqueue(entry: Batch | Call): void {
    this.#waiting.push(entry);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#collect(0));
  }

  /** Waits while rounds of microtasks add operations: those of all connections that were read in this turn. */
  #collect(seen: number): void {
    const pending = this.#open?.pending.length ?? 0;
    if (pending > seen) return queueMicrotask(() => this.#collect(pending));
    this.#scheduled = false;
    this.#pump();
  }

  #pump(): void {
    if (this.#retryTimer !== undefined) return;
    while (this.#waiting.length > 0 && this.#inFlight.length < MAX_IN_FLIGHT && this.#canFollow(this.#waiting[0])) {
      this.#send(this.#waiting.shift()!);
    }
    if (this.#waiting.length + this.#inFlight.length === 0) this.#isBusy = false;
  }

  /** Whether an entry may be sent while those in flight are not done. */
  #canFollow(entry: Batch | Call): boolean {
    if (this.#inFlight.length === 0 || "fail" in entry) return true;
    const previous = this.#lastWriteInFlight();
    if (previous && !previous.isMarked) this.#isBusy = true;
    return (previous === undefined || previous.isMarked) && !entry.isEarly;
  }

  #lastWriteInFlight(): Batch | undefined {
    return this.#inFlight.findLast((entry) => "writes" in entry && entry.writes) as Batch | undefined;
  }

  async #send(entry: Batch | Call): Promise<void> {
    if (entry === this.#open) this.#open = undefined;
    const sentAt = performance.now();
    const previous = this.#lastWriteInFlight();
    this.#inFlight.push(entry);
    try {
      await ("fail" in entry ? entry.send() : this.#sendBatch(entry, previous, sentAt));
      if ("done" in entry) {
        if (entry.done < entry.pending.length) this.#putBack(entry);
        else this.#reuse(entry.packer);
      }
    } catch (error) {
      this.#retryOrFail(entry, error, sentAt);
    }
    this.#inFlight = this.#inFlight.filter((other) => other !== entry);
    this.#pump();
    this.#onIdle();
  }

  #reuse(packer: Packer): void {
    if (packer.capacity > MAX_REUSED_BYTES || this.#unusedPackers.length >= MAX_IN_FLIGHT) return;
    packer.clear();
    this.#unusedPackers.push(packer);
  }

  async #sendBatch(batch: Batch, previous: Batch | undefined, sentAt: number): Promise<void> {
    const { link, keys, replication: { replicas, timeoutMs } } = this.#options;
    const wait = replicas > 0 && batch.writes ? [["WAIT", String(replicas), String(timeoutMs)]] : [];
    batch.isMarked = batch.writes && this.#isBusy && link.hasLibrary(keys.queues);
    batch.isEarly = false;
    const stored = batch.contents.length > 0 ? this.#storeContents(batch) : undefined;
    const redisKeys = [this.#sharedKeys];
    for (const queue of batch.queues) redisKeys.push(queue.redisKeys);
    const [reply, confirmed] = await queueLibrary.call(link, keys.queues, redisKeys, [
      batch.packed ??= packed(batch),
      this.#constants,
      String(batch.done),
      String(batch.isMarked ? batch.number : 0),
      String(previous?.number ?? 0),
      this.#inFlight.length > 1 || this.#contents.busy ? "1" : "0",
      ...batch.contents.map(({ argument }) => argument),
    ], ...wait);
    const isConfirmed = wait.length === 0 || Number(confirmed) >= replicas;
    const unconfirmed = isConfirmed
      ? undefined
      : new StoreUnavailable(`only ${confirmed} of ${replicas} replicas confirmed within ${timeoutMs / 1000} s`, true);
    const results = this.#read(batch, new Unpacker(reply as Uint8Array), unconfirmed, stored && await stored);
    this.#observe(results.length, performance.now() - sentAt, !isConfirmed);
    for (const result of results) {
      const { resolve, reject } = batch.pending[batch.done++];
      if (result instanceof Error) reject(result);
      else resolve(result);
    }
  }

  /**
   * Returns a result, a promise of one, or an error for each operation that was done.
   * @param unconfirmed the error of operations that write
   * @param notStored why contents could not be stored
   */
  #read(
    batch: Batch,
    reply: Unpacker,
    unconfirmed: StoreUnavailable | undefined,
    notStored: StoreUnavailable | undefined,
  ): unknown[] {
    const done = reply.uint();
    const problem = reply.error();
    if (problem === null) reply.bytes();
    else this.#notificationFailed(problem);
    const results: unknown[] = [];
    let unread: UnreadEvent[] = [];
    for (let i = batch.done; i < batch.done + done; i++) {
      const { operation } = batch.pending[i];
      const error = reply.error();
      let result = error === null
        ? operation.read(reply, unread)
        : error === "MISSING"
        ? notStored ?? new StoreUnavailable("Redis has lost the contents", false)
        : this.#operationError(error, operation.writes);
      if (unread.length > 0) {
        result = this.#withContents(result, unread, operation.writes);
        unread = [];
      }
      results.push(unconfirmed && operation.writes ? unconfirmed : result);
    }
    if (reply.done) return results;
    while (!reply.done) {
      const { key } = batch.queues[reply.uint()];
      const [ready, pushed, acked] = [reply.uint(), reply.uint(), reply.uint()];
      const [redelivered, dead, expired, waitMs] = [reply.uint(), reply.uint(), reply.uint(), reply.uint()];
      this.#options.onDelta(key, { ready, pushed, acked, redelivered, dead, expired, waitMs });
    }
    return results;
  }

  /**
   * Stores large contents ahead of the call that stores their events. Redis deletes them if that never comes. What was
   * stored before is left, because it may belong to an event already.
   *
   * Resolves to the error, if any.
   */
  async #storeContents({ contents, done }: Batch): Promise<StoreUnavailable | undefined> {
    const { keys, link, timeoutMs } = this.#options;
    const unusedMs = String(2 * timeoutMs + UNUSED_CONTENTS_MS);
    const commands = contents.filter(({ operation }) => operation >= done)
      .map(({ key, bytes }) => ["SET", key, bytes, "PX", unusedMs, "NX"]);
    if (commands.length === 0) return undefined;
    try {
      await link.send(keys.queues, commands);
    } catch (error) {
      return new StoreUnavailable(error instanceof StoreUnavailable ? error.reason : `${error}`, false, {
        cause: error,
      });
    }
  }

  /** Reads large contents of delivered events, and drops events that another client has removed in the meantime. */
  async #withContents(result: unknown, unread: UnreadEvent[], writes: boolean): Promise<unknown> {
    try {
      const gone: Set<unknown> = await this.#contents.read(unread);
      if (gone.size === 0) return result;
      return Array.isArray(result) ? result.filter((event) => !gone.has(event)) : null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new StoreUnavailable(`events were delivered, but not their contents: ${reason}`, writes, { cause: error });
    }
  }

  /** Consumers that were not notified look again by themselves. */
  #notificationFailed(message: string): void {
    this.#options.report("warn", `Cannot notify consumers, which may wait a second longer: Redis answers ${message}`);
    this.#operationError(message, true);
  }

  /** Memory is full at an operation's first write or never; a permission may be missing after some writes. */
  #operationError(message: string, writes: boolean): Error {
    if (message === "FULL") return new QueueFull();
    if (!FORBIDDEN.test(message)) return errorFromRedis(message);
    this.#options.link.recheck(this.#options.keys.queues);
    return new StoreUnavailable(`Redis answers ${message}`, writes);
  }

  /** Retries what was certainly not done or changes nothing, until the timeout. Fails it otherwise. */
  #retryOrFail(entry: Batch | Call, error: unknown, sentAt: number): void {
    const late = performance.now() - entry.since > this.#options.timeoutMs;
    const mayHaveChanged = (error: StoreUnavailable) => error.outcomeUnknown && !("writes" in entry && !entry.writes);
    if (late || !(error instanceof StoreUnavailable) || mayHaveChanged(error)) return this.#fail(entry, error, sentAt);
    this.#putBack(entry);
    if ("isEarly" in entry && error.message.includes("NOTYET")) entry.isEarly = true;
    else this.#retryTimer ??= setTimeout(() => this.wake(), RETRY_MS);
  }

  #putBack(entry: Batch | Call): void {
    const position = this.#waiting.findIndex((other) => other.number > entry.number);
    this.#waiting.splice(position < 0 ? this.#waiting.length : position, 0, entry);
  }

  #fail(entry: Batch | Call, error: unknown, sentAt: number): void {
    if ("fail" in entry) return entry.fail(error);
    const failed = entry.pending.slice(entry.done);
    this.#observe(failed.length, performance.now() - sentAt, true);
    for (const { reject } of failed) reject(error);
  }
}
