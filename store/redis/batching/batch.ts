/**
 * A batch: operations that travel to Redis as one call of the script, packed as they are submitted.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { RecentCache } from "../../bytes.ts";
import type { Key } from "../keys.ts";
import type { Argument, Operation } from "../script/operations.ts";
import { Packer } from "./msgpack.ts";

/** About two milliseconds of Redis's time. */
const MAX_OPERATIONS = 1024;
const MAX_BYTES = 1024 * 1024;
/** Longer arguments travel apart from the MessagePack: event contents that the script keeps apart too. */
const MAX_PACKED_BYTES = 1024;
/** Of an operation, besides contents. */
const MAX_OPERATION_BYTES = 8192;

/** The longest argument of a script call. */
export function maxBatchBytes(maxEventBytes: number): number {
  return MAX_BYTES + maxEventBytes + MAX_OPERATION_BYTES;
}

/** A plain record: a closure for each operation would cost more than the operation does. */
export interface PendingOperation {
  operation: Operation<never, unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export interface Batch {
  /** In the order of their operations. */
  readonly number: number;
  /** By `performance.now()`. */
  readonly since: number;
  readonly keys: Key[];
  /** Of its queues, by map key. */
  readonly positions: Map<string, number>;
  readonly recentPositions: RecentCache<number>;
  readonly packer: Packer;
  readonly long: Buffer[];
  longBytes: number;
  readonly pending: PendingOperation[];
  /** The last operations, of one kind on one queue. `count` is the packer's position of their number. */
  run: { code: number; queue: number; parameter: number; count: number };
  writes: boolean;
  packed?: Buffer;
  /** Operations that are settled. */
  done: number;
  /** Redis keeps its number, so that the next one can be sent while this one is in flight. */
  isMarked: boolean;
  /** It was refused because an earlier one was not done. */
  isEarly: boolean;
}

/** @param positionOf adds the keys of a queue if they are missing, and returns its position */
export function newBatch(number: number, positionOf: (queue: Uint8Array) => number): Batch {
  return {
    number,
    since: performance.now(),
    keys: [],
    positions: new Map(),
    recentPositions: new RecentCache(positionOf),
    packer: new Packer(),
    long: [],
    longBytes: 0,
    pending: [],
    run: { code: 0, queue: -1, parameter: 0, count: 0 },
    writes: false,
    done: 0,
    isMarked: false,
    isEarly: false,
  };
}

export function isFull({ pending, packer, longBytes }: Batch): boolean {
  return pending.length >= MAX_OPERATIONS || packer.length + longBytes >= MAX_BYTES;
}

/** Adjacent operations of one kind on one queue share a header and one Redis call. */
export function startOrJoinRun(batch: Batch, code: number, queue: number, parameter: number): void {
  const { run, packer } = batch;
  if (run.code === code && run.queue === queue && run.parameter === parameter) return packer.increment(run.count);
  packer.uint(code);
  packer.uint(queue);
  const count = packer.uint(1);
  packer.double(parameter);
  batch.run = { code, queue, parameter, count };
}

export function pack(batch: Batch, argument: Argument): void {
  const { packer, recentPositions, long } = batch;
  if (typeof argument === "number") packer.double(argument);
  else if (!(argument instanceof Uint8Array)) packer.uint(recentPositions.get(argument.queue));
  else if (argument.length <= MAX_PACKED_BYTES) packer.bytes(argument);
  else {
    packer.uint(long.push(Buffer.from(argument)));
    batch.longBytes += argument.length;
  }
}

export function packed({ packer }: Batch): Buffer {
  const { buffer, byteOffset, byteLength } = packer.finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}
