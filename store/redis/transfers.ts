/**
 * Operations that take events to another queue, whose keys must be declared beforehand.
 *
 * @module
 */
import { LruMap } from "../../core/util/lru_map.ts";
import { keyOf } from "../bytes.ts";
import { partitionOf } from "../partition.ts";
import { canBeDeadQueue, deadQueueOf } from "../policy.ts";
import type { MoveEventResult, MoveResult } from "../store.ts";
import type { Batcher } from "./batching/batcher.ts";
import { type Argument, MOVE, MOVE_EVENT } from "./script/operations.ts";

const MAX_REMEMBERED = 10_000;

/** Redis gets no keys of a dead queue, which is rarely needed. */
const NO_INDEX = -1;

/**
 * Guesses which dead queue an operation may need: only the script knows the policy at that time. So an operation is sent
 * with a guess and, if the script asks for another dead queue, again with that.
 */
export class DeadLetterTargets {
  #known = new LruMap<string, Uint8Array>(MAX_REMEMBERED);

  /**
   * Runs an operation that may move events to the dead queue.
   * @param guessDefault guess the default where none is known, so that later operations do not overtake this one
   * @param attempt submits the operation; its result says which dead queue it needs
   */
  async with<Result extends { needed: Uint8Array | null }>(
    queue: Uint8Array,
    guessDefault: boolean,
    attempt: (dead: Argument) => Promise<Result>,
  ): Promise<Result> {
    const key = keyOf(queue);
    const guess = this.#known.get(key) ?? (guessDefault ? deadQueueOf(queue) : undefined);
    let result = await attempt(guess && canBeDeadQueue(guess, queue) ? { queue: guess } : NO_INDEX);
    while (result.needed !== null) {
      const dead = result.needed.slice();
      // A queue that is its own dead queue has none: the script requeues its events.
      if (!canBeDeadQueue(dead, queue)) result = await attempt({ queue });
      else {
        this.#known.set(key, dead);
        result = await attempt({ queue: dead });
      }
    }
    return result;
  }
}

/** @throws {Error} if the queues have different partitions */
export async function moveEvents(
  batcher: Batcher,
  source: Uint8Array,
  destination: Uint8Array,
  count: number,
  skip: number,
): Promise<MoveResult> {
  requireSamePartition(source, destination);
  for (;;) {
    const { moved, skipped, more } = await batcher.submit(MOVE, source, count, { queue: destination }, skip);
    // If all events in this step had expired, others may follow.
    if (moved + skipped > 0 || !more) return { moved, skipped };
  }
}

/** @throws {Error} if the queues have different partitions */
export async function moveEvent(
  batcher: Batcher,
  source: Uint8Array,
  destination: Uint8Array,
  id: Uint8Array,
): Promise<MoveEventResult> {
  requireSamePartition(source, destination);
  if (id.length === 0) return "absent";
  return await batcher.submit(MOVE_EVENT, source, 0, id, { queue: destination });
}

function requireSamePartition(source: Uint8Array, destination: Uint8Array): void {
  if (partitionOf(source) !== partitionOf(destination)) {
    throw new Error("Cannot move events to a queue in another partition");
  }
}
