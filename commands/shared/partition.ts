/**
 * Checks that events can move between two queues in one atomic step.
 *
 * @module
 */
import { sameBytes } from "../../store/bytes.ts";
import { partitionOf } from "../../store/partition.ts";
import { CommandError } from "./command.ts";

/**
 * Requires two different queues of one partition.
 * @param what the argument that names the other queue, for the error
 * @throws {CommandError} if it is the same queue or in another partition
 */
export function requireSamePartition(queue: Uint8Array, other: Uint8Array, what: string): void {
  if (sameBytes(queue, other)) throw new CommandError(`ERR ${what} must be another queue`);
  if (partitionOf(queue) !== partitionOf(other)) {
    throw new CommandError(
      `ERR ${what} is in another partition: add ':dead' to the name of the queue, or use names with the same {tag}`,
    );
  }
}
