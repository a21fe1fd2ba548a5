/**
 * All drives, in the order in which they take turns.
 *
 * @module
 */
import type { Drive } from "./drive.ts";
import { anyBytes } from "./drives/any_bytes.ts";
import { crowd } from "./drives/crowd.ts";
import { ownQueues } from "./drives/own_queues.ts";
import { sharedQueues } from "./drives/shared_queues.ts";

/** The drives. */
export const DRIVES: readonly Drive[] = [ownQueues, anyBytes, sharedQueues, crowd] as unknown as Drive[];
