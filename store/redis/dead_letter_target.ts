/**
 * Guesses which dead queue an operation may need. The script's keys must be declared beforehand, but only the script
 * knows the policy at the time it runs. So an operation is sent with a guess and, if the script asks for another dead
 * queue, once more with that.
 *
 * @module
 */
import { keyOf, sameBytes } from "../bytes.ts";
import { partitionOf } from "../partition.ts";
import { deadQueueOf } from "../policy.ts";
import type { Argument } from "./script/operations.ts";

/** Queues whose dead queue is remembered. */
const MAX_REMEMBERED = 10_000;

/** No guess: Redis gets no keys of a dead queue, which is rarely needed. */
const NO_INDEX = -1;

/** Remembers the dead queues that operations needed. */
export class DeadLetterTargets {
  #known = new Map<string, Uint8Array>();

  /**
   * Runs an operation that may move events to the dead queue.
   * @param guessDefault whether to guess the default dead queue where none is known, so that later operations do not
   *   overtake this one
   * @param attempt submits the operation with the dead queue that it is given; its result says which one it needs
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
        this.#remember(key, dead);
        result = await attempt({ queue: dead });
      }
    }
    return result;
  }

  #remember(key: string, dead: Uint8Array): void {
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(key, dead);
  }
}

function canBeDeadQueue(dead: Uint8Array, queue: Uint8Array): boolean {
  return partitionOf(dead) === partitionOf(queue) && !sameBytes(dead, queue);
}
