/**
 * One call of the script in the making: the operations packed so far, and the promises that wait for their results.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { keyOf, RecentCache } from "../../bytes.ts";
import type { QueueCounts } from "../../counters.ts";
import { type Key, queueKeys } from "../keys.ts";
import type { BatchObserver } from "../../store.ts";
import type { Operation } from "../script/operations.ts";
import { Packer, Unpacker } from "./msgpack.ts";

/** Operations in a batch at the most: about two milliseconds of Redis's time. */
const MAX_OPERATIONS = 1024;
/** Bytes after which a batch is closed. */
const MAX_BYTES = 1024 * 1024;

/** Results wait as plain records: a closure for each would cost more than the operation does. */
interface Pending {
  operation: Operation<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** An argument of an operation; a queue in the same partition is one as the place of its keys. */
export type Argument = Uint8Array | number | { queue: Uint8Array };

/** What the script tells of a queue besides the results: how many events became ready, and what it counted. */
export interface QueueDelta extends QueueCounts {
  ready: number;
}

/** Operations that travel to Redis together. */
export class Batch {
  /** The keys of all its queues, in the order of their places. */
  readonly keys: Key[] = [];
  /** When its first operation came, in milliseconds of `performance.now()`. */
  readonly since: number = performance.now();
  /** Whether an operation may change something. */
  writes = false;
  #deliver: (batch: Batch) => Promise<void>;
  #observe: BatchObserver;
  #sentAt = this.since;
  #packed: Buffer | undefined;
  #packer = new Packer();
  #byKey = new Map<string, number>();
  #places = new RecentCache((queue) => this.#placeOf(queue));
  #pending: Pending[] = [];
  #run = { code: 0, place: -1, parameter: 0, count: 0 };

  /**
   * @param deliver sends it and settles it
   * @param observe told of it when it is over
   */
  constructor(deliver: (batch: Batch) => Promise<void>, observe: BatchObserver) {
    this.#deliver = deliver;
    this.#observe = observe;
  }

  /** Sends it. */
  send(): Promise<void> {
    this.#sentAt = performance.now();
    return this.#deliver(this);
  }

  /** Whether the next operation belongs in another batch. */
  get full(): boolean {
    return this.#pending.length >= MAX_OPERATIONS || this.#packer.length >= MAX_BYTES;
  }

  /** Adds an operation. Its arguments are copied. */
  add<Result>(
    operation: Operation<Result>,
    queue: Uint8Array,
    parameter: number,
    first?: Argument,
    second?: Argument,
    third?: Argument,
    fourth?: Argument,
  ): Promise<Result> {
    this.writes ||= operation.writes;
    this.#startOrJoinRun(operation.code, this.#places.get(queue), parameter);
    if (first !== undefined) this.#pack(first);
    if (second !== undefined) this.#pack(second);
    if (third !== undefined) this.#pack(third);
    if (fourth !== undefined) this.#pack(fourth);
    return new Promise<Result>((resolve, reject) => {
      this.#pending.push({ operation, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Its MessagePack; nothing is added after. */
  pack(): Buffer {
    if (!this.#packed) {
      const { buffer, byteOffset, byteLength } = this.#packer.finish();
      this.#packed = Buffer.from(buffer, byteOffset, byteLength);
    }
    return this.#packed;
  }

  /**
   * Hands each operation its part of the script's reply; an operation that failed fails alone.
   * @param tell told of queues, by their map keys
   */
  settle(
    reply: Uint8Array,
    errorFrom: (message: string) => Error,
    tell: (key: string, told: QueueDelta) => void,
  ): void {
    this.#over(false);
    const results = new Unpacker(reply);
    for (const { operation, resolve, reject } of this.#pending) {
      const error = results.error();
      if (error) reject(errorFrom(error.message));
      else resolve(operation.read(results));
    }
    if (results.done) return;
    const keys = [...this.#byKey.keys()];
    while (!results.done) {
      const key = keys[results.uint()];
      const [ready, pushed, acked] = [results.uint(), results.uint(), results.uint()];
      const [redelivered, dead, expired] = [results.uint(), results.uint(), results.uint()];
      tell(key, { ready, pushed, acked, redelivered, dead, expired });
    }
  }

  /** Fails every operation. */
  fail(error: unknown): void {
    this.#over(true);
    for (const { reject } of this.#pending) reject(error);
  }

  #over(failed: boolean): void {
    this.#observe(this.#pending.length, performance.now() - this.#sentAt, failed);
  }

  #pack(argument: Argument): void {
    if (typeof argument === "number") this.#packer.double(argument);
    else if (argument instanceof Uint8Array) this.#packer.bytes(argument);
    else this.#packer.uint(this.#places.get(argument.queue));
  }

  /** Neighbours of the same kind on the same queue share one header, and one Redis call in the script. */
  #startOrJoinRun(code: number, place: number, parameter: number): void {
    const run = this.#run;
    if (run.code === code && run.place === place && run.parameter === parameter) {
      this.#packer.increment(run.count);
      return;
    }
    this.#packer.uint(code);
    this.#packer.uint(place);
    const count = this.#packer.uint(1);
    this.#packer.double(parameter);
    this.#run = { code, place, parameter, count };
  }

  #placeOf(queue: Uint8Array): number {
    const key = keyOf(queue);
    let place = this.#byKey.get(key);
    if (place === undefined) {
      place = this.#byKey.size;
      this.#byKey.set(key, place);
      for (const redisKey of queueKeys(queue)) this.keys.push(redisKey);
    }
    return place;
  }
}
