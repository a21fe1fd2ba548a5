/**
 * The operations of the script: their codes and how the results of each are read. Arguments and results are described in
 * `lua/`, where each operation is.
 *
 * @module
 */
import type { Claimed, Event } from "../store.ts";
import { bareContents, makeReceipt } from "./head.ts";
import type { Unpacker } from "./pack.ts";

/** An operation and the type of its result. */
export interface Operation<Result> {
  /** Its place in the script's table, from 1. */
  readonly code: number;
  /** Whether it may change something. */
  readonly writes: boolean;
  /** Takes the operation's results off the script's reply. */
  read(reply: Unpacker): Result;
}

const uint = (reply: Unpacker): number => reply.uint();

function event(reply: Unpacker): Event | null {
  const id = reply.bytes();
  return id && { id, contents: bareContents(reply.bytes()!) };
}

function claimed(reply: Unpacker): Claimed[] {
  return Array.from({ length: reply.uint() }, () => {
    const id = reply.bytes()!;
    const value = reply.bytes()!;
    const failed = reply.uint();
    return { id, contents: bareContents(value), attempt: failed + 1, receipt: makeReceipt(value, failed) };
  });
}

const pushed = (reply: Unpacker): boolean => reply.uint() === 1;

const figures = (reply: Unpacker) => ({ total: reply.uint(), processing: reply.uint(), consumers: reply.uint() });

export const PUSH_LEFT: Operation<boolean> = { code: 1, writes: true, read: pushed };
export const PUSH_RIGHT: Operation<boolean> = { code: 2, writes: true, read: pushed };
export const PEEK_LEFT: Operation<Event | null> = { code: 3, writes: false, read: event };
export const PEEK_RIGHT: Operation<Event | null> = { code: 4, writes: false, read: event };
export const POP: Operation<Event | null> = { code: 5, writes: true, read: event };
export const ACK: Operation<number> = { code: 6, writes: true, read: uint };
export const REDO: Operation<number> = { code: 7, writes: true, read: uint };
export const FLUSH: Operation<number> = { code: 8, writes: true, read: uint };
export const READY: Operation<number> = { code: 9, writes: false, read: uint };
export const STATUS: Operation<{ total: number; processing: number; consumers: number }> = {
  code: 10,
  writes: false,
  read: figures,
};
export const REGISTER: Operation<number> = { code: 11, writes: true, read: uint };
export const RECLAIM: Operation<{ ready: number; more: boolean }> = {
  code: 12,
  writes: true,
  read: (reply) => ({ ready: reply.uint(), more: reply.uint() === 1 }),
};
export const PUSH_LEFT_WITH: Operation<boolean> = { code: 13, writes: true, read: pushed };
export const PUSH_RIGHT_WITH: Operation<boolean> = { code: 14, writes: true, read: pushed };
export const CLAIM: Operation<Claimed[]> = { code: 15, writes: true, read: claimed };
export const ACK_DELIVERY: Operation<number> = { code: 16, writes: true, read: uint };
export const RELEASE: Operation<number> = { code: 17, writes: true, read: uint };
export const NACK: Operation<number> = { code: 18, writes: true, read: uint };
export const TOUCH: Operation<number> = { code: 19, writes: true, read: uint };
