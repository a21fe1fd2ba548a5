/**
 * Events can only move in one atomic step between queues of one partition.
 *
 * @module
 */
import { sameBytes } from "../../store/bytes.ts";
import { partitionOf } from "../../store/partition.ts";
import { CommandError } from "./command.ts";

/** @param what the argument that names the other queue, for the error */
export function requireSamePartition(queue: Uint8Array, other: Uint8Array, what: string): void {
  if (sameBytes(queue, other)) throw new CommandError(`ERR ${what} must be another queue`);
  if (partitionOf(queue) !== partitionOf(other)) {
    throw new CommandError(
      `ERR ${what} is in another partition: add ':dead' to the name of the queue, or use names with the same {tag}`,
    );
  }
}
