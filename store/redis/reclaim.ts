/**
 * Doing what is due: leases that end, delays and times that are over, pauses.
 *
 * @module
 */
import type { DeadLetterTargets } from "./dead_letter_target.ts";
import dueSource from "./script/due.lua" with { type: "text" };
import type { PartitionGroup } from "./batching/partitions.ts";
import type { Link } from "./connection/link.ts";
import { RECLAIM } from "./script/operations.ts";
import { Script } from "./script/script.ts";

/** Leases that one operation ends at the most, and as many of all else that is due: Redis is held for milliseconds. */
const RECLAIM_AT_ONCE = 1000;
/** Queues that are looked at in one round of the reclaimer at the most, for each partition. */
const DUE_AT_ONCE = 100;

const dueScript = new Script(dueSource);

/**
 * Does what is due in some partitions, in two steps, for a script must name its keys beforehand: which queues are due,
 * then those queues. Resolves to the number of events that became ready.
 */
export async function reclaimGroup(
  link: Link,
  { batcher, timers }: PartitionGroup,
  deadQueues: DeadLetterTargets,
): Promise<number> {
  const [names] = await dueScript.call(link, timers, [String(DUE_AT_ONCE)]);
  let due = names as Uint8Array[];
  let reclaimed = 0;
  while (due.length > 0) {
    const done = await Promise.all(
      due.map((queue) =>
        deadQueues.with(queue, false, (dead) => batcher.submit(RECLAIM, queue, RECLAIM_AT_ONCE, dead))
      ),
    );
    for (const { ready } of done) reclaimed += ready;
    due = due.filter((_, i) => done[i].more);
  }
  return reclaimed;
}
