/**
 * QLPUSH and QRPUSH.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { printable } from "../../resp/printable.ts";
import { OK, type Reply } from "../../resp/reply.ts";
import { type PushOptions, QueueFull, type Side } from "../../store/store.ts";
import { eventId, milliseconds, outOfRange, queueName, readOptions } from "./arguments.ts";
import { CommandError } from "./command.ts";

/** Replies OK once the store has the event or, with NOBLOCK, once the background has accepted it. */
export function push(client: ClientContext, argv: Uint8Array[], side: Side): Reply | Promise<Reply> {
  const { store, noblockPushes, waiters, maxEventBytes } = client.server;
  const queue = queueName(argv[1]);
  const id = eventId(argv[2]);
  const contents = argv[3];
  if (contents.length > maxEventBytes) {
    throw new CommandError(`ERR contents must be at most ${maxEventBytes} bytes long`);
  }
  const options = argv.length > 4 ? readPushOptions(argv) : undefined;
  if (options?.noblock) {
    if (!noblockPushes.submit(queue, id, contents, side, options)) {
      throw new CommandError("ERR too busy to process NOBLOCK event");
    }
    return OK;
  }
  if (!options?.delayMs) waiters.expect(queue);
  return store.push(queue, id, contents, side, options).then((added) => {
    if (!added) throw new CommandError(`ERR duplicate event ${printable(id)}`);
    return OK;
  }, (error) => {
    throw error instanceof QueueFull ? new CommandError("ERR queue full") : error;
  });
}

export const PUSH_SYNTAX = "queue eventId contents [NOBLOCK] [DELAY seconds] [TTL seconds]";

export const PUSH_ARITY: [min: number, max: number] = [3, 8];

function readPushOptions(argv: Uint8Array[]): PushOptions & { noblock?: true } {
  const options = readOptions(argv, 4, { NOBLOCK: "flag", DELAY: milliseconds, TTL: milliseconds });
  // An event that expires at once could never be delivered.
  if (options.TTL === 0) throw outOfRange("TTL");
  return { noblock: options.NOBLOCK, delayMs: options.DELAY, ttlMs: options.TTL };
}
