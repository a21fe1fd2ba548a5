/**
 * What QLPUSH and QRPUSH share.
 *
 * @module
 */
import type { Client } from "../core/client.ts";
import { printable } from "../resp/printable.ts";
import { OK, type Reply } from "../resp/reply.ts";
import type { Side } from "../store/store.ts";
import { eventId, queueName, readOptions } from "./arguments.ts";
import { CommandError } from "./types.ts";

/**
 * Pushes `argv`'s event at one end: OK once the store has it or, with NOBLOCK, once the background has taken it on.
 * @throws {CommandError} for names or contents out of bounds, an id that the queue holds, or a full background
 */
export function push(client: Client, argv: Uint8Array[], side: Side): Reply | Promise<Reply> {
  const { store, background, maxEventBytes } = client.okq;
  const queue = queueName(argv[1]);
  const id = eventId(argv[2]);
  const contents = argv[3];
  if (contents.length > maxEventBytes) {
    throw new CommandError(`ERR contents must be at most ${maxEventBytes} bytes long`);
  }
  if (argv.length > 4 && readOptions(argv, 4, { NOBLOCK: "flag" }).NOBLOCK) {
    if (!background.offer(queue, id, contents, side)) {
      throw new CommandError("ERR too busy to process NOBLOCK event");
    }
    return OK;
  }
  return store.push(queue, id, contents, side).then((added) => {
    if (!added) throw new CommandError(`ERR duplicate event ${printable(id)}`);
    return OK;
  });
}
