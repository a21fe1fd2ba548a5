/**
 * Guesses which dead queue an operation may need. Its keys must be declared beforehand, but only the script knows the
 * policy at that time. So an operation is sent with a guess and, if the script asks for another dead queue, again with
 * that.
 *
 * @module
 */
import { LruMap } from "../../core/util/lru_map.ts";
import { keyOf } from "../bytes.ts";
import { canBeDeadQueue, deadQueueOf } from "../policy.ts";
import type { Argument } from "./script/operations.ts";

const MAX_REMEMBERED = 10_000;

/** Redis gets no keys of a dead queue, which is rarely needed. */
const NO_INDEX = -1;

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
