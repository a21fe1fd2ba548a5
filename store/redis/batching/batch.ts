/**
 * A batch: operations that travel to Redis as one call of the script, packed as they are submitted.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { MAX_ID_BYTES, MAX_TOGETHER } from "../../limits.ts";
import type { Argument, Operation } from "../script/operations.ts";
import { SIZE_BYTES } from "../script/event_header.ts";
import type { Packer } from "./msgpack.ts";
import type { RecentQueue, RecentQueues } from "./recent_queues.ts";

/** About two milliseconds of Redis's time. */
const MAX_OPERATIONS = 1024;
const MAX_BYTES = 1024 * 1024;
/** Longer contents have a key of their own: `script/lua/contents.lua`. */
export const MAX_SMALL_CONTENTS_BYTES = 1024;
/** Of an operation, besides contents and events that are pushed together. */
const MAX_OPERATION_BYTES = 8192;
/** Of events that are pushed together: ids, small contents and the lengths of both. */
const MAX_TOGETHER_ARGUMENT_BYTES = MAX_TOGETHER * (MAX_ID_BYTES + MAX_SMALL_CONTENTS_BYTES + 10);

/** The longest argument of a command. */
export function maxBatchBytes(maxEventBytes: number): number {
  return MAX_BYTES + Math.max(maxEventBytes, MAX_TOGETHER_ARGUMENT_BYTES) + MAX_OPERATION_BYTES;
}

/** A plain record: a closure for each operation would cost more than the operation does. */
export interface PendingOperation {
  operation: Operation<never, unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Of an event that one of the operations stores. */
export interface LargeContents {
  readonly bytes: Buffer;
  readonly key: string;
  /** The script's argument: size and token. */
  readonly argument: Buffer;
  /** The position of the operation in the batch. */
  readonly operation: number;
}

export interface Batch {
  /** In the order of their operations. */
  readonly number: number;
  /** By `performance.now()`. */
  readonly since: number;
  /** By their positions. */
  readonly queues: RecentQueue[];
  readonly packer: Packer;
  readonly contents: LargeContents[];
  contentsBytes: number;
  readonly pending: PendingOperation[];
  /** The last operations, of one kind on one queue. `count` is the packer's position of their number. */
  run: { operation: unknown; queue: number; parameter: number; count: number };
  writes: boolean;
  packed?: Buffer;
  /** Operations that are settled. */
  done: number;
  /** Its number is remembered in Redis, so that the next one can be sent while this one is in flight. */
  isMarked: boolean;
  /** It was refused because an earlier one was not done. */
  isEarly: boolean;
}

/** @param packer empty */
export function newBatch(number: number, packer: Packer): Batch {
  return {
    number,
    since: performance.now(),
    queues: [],
    packer,
    contents: [],
    contentsBytes: 0,
    pending: [],
    run: { operation: undefined, queue: -1, parameter: 0, count: 0 },
    writes: false,
    done: 0,
    isMarked: false,
    isEarly: false,
  };
}

export function isFull(batch: Batch): boolean {
  return batch.pending.length >= MAX_OPERATIONS || !hasRoom(batch, 1);
}

export function hasRoom({ packer, contentsBytes }: Batch, bytes: number): boolean {
  return packer.length + contentsBytes + bytes <= MAX_BYTES;
}

/** Adjacent operations of one kind on one queue share a header and one Redis call. */
export function startOrJoinRun(
  batch: Batch,
  operation: Operation<never, unknown>,
  queue: number,
  parameter: number,
): void {
  const { run, packer } = batch;
  if (run.operation === operation && run.queue === queue && run.parameter === parameter) {
    return packer.increment(run.count);
  }
  packer.bytes(operation.name);
  packer.uint(operation.args);
  packer.uint(queue);
  const count = packer.uint(1);
  packer.double(parameter);
  batch.run = { operation, queue, parameter, count };
}

/** Adds a queue if it is missing, and returns its position. */
export function positionOf({ number, queues }: Batch, queue: RecentQueue): number {
  if (queue.batch !== number) {
    queue.batch = number;
    queue.position = queues.push(queue) - 1;
  }
  return queue.position;
}

export function pack(batch: Batch, argument: Argument, queues: RecentQueues): void {
  const { packer } = batch;
  if (typeof argument === "number") packer.double(argument);
  else if (argument instanceof Uint8Array) packer.bytes(argument);
  else if (!Array.isArray(argument)) packer.uint(positionOf(batch, queues.get(argument.queue)));
  else {
    packer.array(argument.length);
    for (const bytes of argument) packer.bytes(bytes);
  }
}

/** Packs the contents of the event that the next operation stores, if they are large. */
export function packLarge(batch: Batch, contents: Uint8Array, key: string, token: string): void {
  const argument = Buffer.alloc(SIZE_BYTES + token.length);
  argument.writeUInt32BE(contents.length);
  argument.write(token, SIZE_BYTES);
  const bytes = Buffer.from(contents);
  batch.packer.uint(batch.contents.push({ bytes, key, argument, operation: batch.pending.length }));
  batch.contentsBytes += contents.length;
}

export function packed({ packer }: Batch): Buffer {
  const { buffer, byteOffset, byteLength } = packer.finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}
