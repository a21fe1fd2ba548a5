/**
 * Limits of the commands with which a client consumes queues.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { distinct } from "../../store/bytes.ts";
import { queueName } from "./arguments.ts";
import { CommandError } from "./command.ts";

/** Copies each name once, because names outlive the input buffer. @throws {CommandError} for more queues than allowed */
export function consumedQueues({ server: { limits } }: ClientContext, names: Uint8Array[]): Uint8Array[] {
  const queues = distinct(names.map((name) => queueName(name).slice()));
  if (queues.length > limits.maxClientQueues) {
    throw new CommandError(`ERR too many queues: --max-client-queues is ${limits.maxClientQueues}`);
  }
  return queues;
}

/** @throws {CommandError} if as many clients as allowed are blocked */
export function requireRoomToBlock({ server: { limits, waiters } }: ClientContext): void {
  if (waiters.blockedClients >= limits.maxBlockedClients) {
    throw new CommandError(`ERR too many blocked clients: --max-blocked-clients is ${limits.maxBlockedClients}`);
  }
}
