/**
 * Operations that take events to another queue, whose keys must be declared beforehand.
 *
 * @module
 */
import { LruMap } from "../../core/util/lru_map.ts";
import { keyOf } from "../bytes.ts";
import { partitionOf } from "../partition.ts";
import { canBeDeadQueue, deadQueueOf } from "../policy.ts";
import type { BuryResult, MoveEventResult, MoveResult, NackOptions } from "../store.ts";
import type { Batcher } from "./batching/batcher.ts";
import { readReceipt } from "./script/event_header.ts";
import { type Argument, BURY, MOVE, MOVE_EVENT, NACK } from "./script/operations.ts";

const MAX_REMEMBERED = 10_000;

/** Redis gets no keys of a dead queue, which is rarely needed. */
const NO_INDEX = -1;

/** As the delay of NACK: the script takes it from the policy, or the event goes to the dead queue. */
const BY_POLICY = -1;
const TO_DEAD_QUEUE = -2;

const EMPTY = new Uint8Array();

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

  /** In two steps: if okq dies in between, both queues hold the event. */
  async bury(batcher: Batcher, queue: Uint8Array, id: Uint8Array): Promise<BuryResult> {
    if (id.length === 0) return "absent";
    return (await this.with(queue, true, (dead) => batcher.submit(BURY, queue, 0, id, dead))).result;
  }

  async nack(
    batcher: Batcher,
    queue: Uint8Array,
    id: Uint8Array,
    receipt?: Uint8Array,
    options: NackOptions = {},
  ): Promise<number> {
    const delivery = receipt === undefined ? EMPTY : readReceipt(receipt);
    if (delivery === null) return 0;
    const delayMs = options.dead ? TO_DEAD_QUEUE : options.delayMs ?? BY_POLICY;
    const reason = options.reason ?? EMPTY;
    const submit = (dead: Argument) => batcher.submit(NACK, queue, delayMs, id, delivery, reason, dead);
    return (await this.with(queue, true, submit)).done;
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
