/**
 * All drives, in the order in which they take turns.
 *
 * @module
 */
import type { Drive } from "../property.ts";
import { anyBytes } from "./any_bytes.ts";
import { crowd } from "./crowd.ts";
import { ownQueues } from "./own_queues.ts";
import { sharedQueues } from "./shared_queues.ts";

/** The drives. */
export const DRIVES: readonly Drive[] = [ownQueues, anyBytes, sharedQueues, crowd] as unknown as Drive[];
