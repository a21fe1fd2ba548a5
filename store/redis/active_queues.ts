/**
 * Reads the names of all active queues, in steps, so that any number of queues does not hold Redis.
 *
 * @module
 */
import { keyOf } from "../bytes.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import type { Link } from "./connection/link.ts";
import source from "./script/active_queues.lua" with { type: "text" };
import { Script } from "./script/script.ts";

const MAX_STEP_QUEUES = 500;

const script = new Script(source);

/** A queue that is active from the first step to the last is returned. */
export async function activeQueues(link: Link, { batcher, queues }: PartitionGroup): Promise<Uint8Array[]> {
  const found = new Map<string, Uint8Array>();
  let [index, cursor] = [1, "0"];
  while (index > 0) {
    const args = [String(index), cursor, String(MAX_STEP_QUEUES)];
    const [reply] = await batcher.call(() => script.call(link, queues, args));
    const [nextIndex, nextCursor, names] = reply as [number, Uint8Array, Uint8Array[]];
    for (const name of names) found.set(keyOf(name), name);
    [index, cursor] = [nextIndex, keyOf(nextCursor)];
  }
  return [...found.values()];
}
