/**
 * Moves events from one queue to another.
 *
 * @module
 */
import { sameBytes } from "../../store/bytes.ts";
import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { partitionOf } from "../../store/partition.ts";
import { type MoveResult, StoreUnavailable } from "../../store/store.ts";
import { CommandError } from "../command_spec.ts";
import type { ServerContext } from "../context.ts";

/**
 * Moves up to `max` of the events that are ready now, and of those that become ready as others of their group go, in
 * small steps, so that the store serves others in between. Ends early at shutdown. Resolves to the sums of all steps.
 * @param skip events to pass over, because an earlier call found their ids in the destination
 * @throws {StoreUnavailable} even if some events were moved
 */
export async function moveEvents(
  server: Pick<ServerContext, "store" | "stopping">,
  source: Uint8Array,
  destination: Uint8Array,
  max: number,
  skip = 0,
): Promise<MoveResult> {
  const { store } = server;
  // No more than there are now: producers could always add others.
  const { ready, blocked } = await store.status(source);
  const most = ready + blocked;
  let moved = 0;
  let stayed = skip;
  while (moved < max && moved + stayed < most && !server.stopping) {
    const count = Math.min(max - moved, most - moved - stayed, MAX_STEP_EVENTS);
    const step = await store.move(source, destination, count, stayed).catch((error) => {
      if (moved === 0 || !(error instanceof StoreUnavailable)) throw error;
      throw new StoreUnavailable(`${error.reason} after ${moved} events were moved`, true, { cause: error });
    });
    if (step.moved + step.skipped === 0) break;
    moved += step.moved;
    stayed += step.skipped;
  }
  return { moved, skipped: stayed - skip };
}

/**
 * Events can only move in one atomic step between queues of one partition.
 * @param what the argument that names the other queue, for the error
 * @throws {CommandError}
 */
export function requireSamePartition(queue: Uint8Array, other: Uint8Array, what: string): void {
  if (sameBytes(queue, other)) throw new CommandError(`ERR ${what} must be another queue`);
  if (partitionOf(queue) !== partitionOf(other)) {
    throw new CommandError(
      `ERR ${what} is in another partition: add ':dead' to the name of the queue, or use names with the same {tag}`,
    );
  }
}
