/**
 * Which dead queue an operation may need. The script must know its keys beforehand, but only the script knows what the
 * policy is by then: so the operation goes with a guess and, if the script names another queue, once more with that.
 *
 * @module
 */
import { keyOf, sameBytes } from "../bytes.ts";
import { partitionOf } from "../partition.ts";
import { deadQueueOf } from "../policy.ts";
import type { Argument } from "./batching/batch.ts";

/** Queues whose dead queue is remembered, at the most. */
const MOST_REMEMBERED = 10_000;

/** No guess: spares Redis the keys where the dead queue is seldom needed. */
const NO_PLACE = -1;

/** The dead queues that have been needed. */
export class DeadLetterTargets {
  #known = new Map<string, Uint8Array>();

  /**
   * Does something that may need a queue's dead queue.
   * @param byDefault whether to guess that an unknown one has the name it has by default, so that nothing that is asked
   *   for later overtakes this
   * @param attempt does it with the dead queue that it is given, or says which it needs
   */
  async with<Result extends { needed: Uint8Array | null }>(
    queue: Uint8Array,
    byDefault: boolean,
    attempt: (dead: Argument) => Promise<Result>,
  ): Promise<Result> {
    const key = keyOf(queue);
    const guess = this.#known.get(key) ?? (byDefault ? deadQueueOf(queue) : undefined);
    let result = await attempt(guess && canHave(guess, queue) ? { queue: guess } : NO_PLACE);
    while (result.needed !== null) {
      const dead = result.needed.slice();
      if (!canHave(dead, queue)) result = await attempt({ queue });
      else {
        this.#remember(key, dead);
        result = await attempt({ queue: dead });
      }
    }
    return result;
  }

  #remember(key: string, dead: Uint8Array): void {
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(key, dead);
  }
}

/** Whether a queue can have this dead queue. If not, it stands in for it, and its events come back. */
function canHave(dead: Uint8Array, queue: Uint8Array): boolean {
  return partitionOf(dead) === partitionOf(queue) && !sameBytes(dead, queue);
}
