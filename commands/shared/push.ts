/**
 * QLPUSH, QRPUSH and QMPUSH.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { printable } from "../../resp/printable.ts";
import { OK, type Reply } from "../../resp/reply.ts";
import { type PushOptions, QueueFull, type Side } from "../../store/store.ts";
import {
  eventId,
  groupKey,
  metaText,
  milliseconds,
  millisecondsAboveZero,
  type Options,
  queueName,
  readOptions,
} from "./arguments.ts";
import { CommandError } from "./command.ts";

/** Replies OK once the store has the event or, with NOBLOCK, once the background has accepted it. */
export function push(client: ClientContext, argv: Uint8Array[], side: Side): Reply | Promise<Reply> {
  const { store, noblockPushes, waiters, maxEventBytes } = client.server;
  const queue = queueName(argv[1]);
  const id = eventId(argv[2]);
  const contents = contentsUpTo(maxEventBytes, argv[3]);
  const given = argv.length > 4 ? readOptions(argv, 4, OPTIONS) : undefined;
  const options = given && pushOptions(given);
  if (given?.NOBLOCK) {
    if (!noblockPushes.submit(queue, id, contents, side, options)) {
      throw new CommandError("ERR too busy to process NOBLOCK event");
    }
    return OK;
  }
  if (!options?.delayMs) waiters.expect(queue);
  return store.push(queue, id, contents, side, options).then((added) => added ? OK : duplicate(id), queueFull);
}

export function pushedMeta(argv: Uint8Array[]): Uint8Array | undefined {
  return readOptions(argv, 4, OPTIONS).META;
}

export const PUSH_SYNTAX = "queue eventId contents [NOBLOCK] [DELAY seconds] [TTL seconds] [GROUP key] [META text]";

export const PUSH_ARITY: [min: number, max: number] = [3, 12];

/** The options that every push has. An event that expires at once could never be delivered. */
export const PUSH_OPTIONS = { DELAY: milliseconds, TTL: millisecondsAboveZero, GROUP: groupKey, META: metaText };

const OPTIONS = { NOBLOCK: "flag", ...PUSH_OPTIONS } as const;

export function pushOptions({ DELAY, TTL, GROUP, META }: Options<typeof PUSH_OPTIONS>): PushOptions {
  return { delayMs: DELAY, ttlMs: TTL, group: GROUP, meta: META };
}

/** Returns the argument. @throws {CommandError} if it is too long */
export function contentsUpTo(maxBytes: number, contents: Uint8Array): Uint8Array {
  if (contents.length > maxBytes) throw new CommandError(`ERR contents must be at most ${maxBytes} bytes long`);
  return contents;
}

export function duplicate(id: Uint8Array): never {
  throw new CommandError(`ERR duplicate event ${printable(id)}`);
}

/** Throws the error of a push as a client sees it. */
export function queueFull(error: unknown): never {
  throw error instanceof QueueFull ? new CommandError("ERR queue full") : error;
}
