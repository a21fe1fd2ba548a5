/**
 * Applies what is due in queues: leases and pauses that end, delays, expiry.
 *
 * @module
 */
import type { DeadLetterTargets } from "./dead_letter_target.ts";
import dueSource from "./script/due_queues.lua" with { type: "text" };
import type { PartitionGroup } from "./batching/partition_groups.ts";
import type { Link } from "./connection/link.ts";
import { RECLAIM } from "./script/operations.ts";
import { Script } from "./script/script.ts";

/** Leases ended and other due entries applied in one operation: milliseconds of Redis. */
const MAX_DUE_EVENTS = 1000;
/** Per partition. */
const MAX_DUE_QUEUES = 100;

const dueScript = new Script(dueSource);

/**
 * Reclaims due queues, in two steps because a script must declare its keys: finds them, then calls the script with
 * their keys. Resolves to the number of events that became ready.
 */
export async function reclaimGroup(
  link: Link,
  { batcher, timers }: PartitionGroup,
  deadLetterTargets: DeadLetterTargets,
): Promise<number> {
  const [names] = await dueScript.call(link, timers, [String(MAX_DUE_QUEUES)]);
  let queues = names as Uint8Array[];
  let reclaimed = 0;
  while (queues.length > 0) {
    const results = await Promise.all(
      queues.map((queue) =>
        deadLetterTargets.with(queue, false, (dead) => batcher.submit(RECLAIM, queue, MAX_DUE_EVENTS, dead))
      ),
    );
    for (const { ready } of results) reclaimed += ready;
    queues = queues.filter((_, i) => results[i].more);
  }
  return reclaimed;
}
