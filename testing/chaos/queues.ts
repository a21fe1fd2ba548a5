/**
 * The queues of the load and their policies.
 *
 * @module
 */
import { partitionOf } from "../../store/partition.ts";
import { sharedKeys } from "../../store/redis/keys.ts";
import { type RedisAddr, sendToRedis } from "../../tests/support/redis_command.ts";
import { bytes } from "../../tests/support/wire.ts";

/** Enough queues to have some on every node of a Cluster. */
export const QUEUES: readonly string[] = Array.from({ length: 10 }, (_, i) => `load-${i}`);

/** After this many failed deliveries an event of a strict queue is a dead letter. */
export const MAX_ATTEMPTS = 3;

/** Queues with a `max-attempts` policy. Consumers give nothing back to them without counting it as a failure. */
export const STRICT_QUEUES: readonly string[] = QUEUES.slice(0, 4);

/**
 * Queues in which the order of pops is checked. Each has one producer. They are consumed by QCLAIM only, which tells
 * whether an event was delivered before, and only without BLOCK: a claim that times out gives events back.
 */
export const ORDERED_QUEUES: readonly string[] = QUEUES.slice(5, 8);

/** Queues whose events have groups. Each has one producer. */
export const GROUPED_QUEUES: readonly string[] = QUEUES.slice(8);

/** By grouped queue. */
export const GROUP_LIMITS: Readonly<Record<string, number>> = { [GROUPED_QUEUES[0]]: 1, [GROUPED_QUEUES[1]]: 3 };

/** The grouped queue with a limit of events being processed. No consumer holds its events: all leases have one length. */
export const LIMITED_QUEUE: string = GROUPED_QUEUES[1];
export const MAX_PROCESSING = 16;

/** Of every lease that does not last as long as its connection. */
export const LEASE_SECONDS = 1;

const GROUPS = 12;

/** The group of an event, or undefined. @param number of the event in its queue */
export function groupOf(queue: string, number: number): string | undefined {
  return GROUPED_QUEUES.includes(queue) ? `group-${number % GROUPS}` : undefined;
}

/** In the order of the strict queues. */
export const DEAD_QUEUES: readonly string[] = STRICT_QUEUES.map((queue) => `${queue}:dead`);

const STRICT_POLICY = ["max-attempts", `${MAX_ATTEMPTS}`, "backoff", "0.05", "backoff-max", "0.2"];

/** As QCONFIG SET takes them, by queue. */
export const POLICIES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(STRICT_QUEUES.map((queue) => [queue, STRICT_POLICY])),
  ...Object.fromEntries(GROUPED_QUEUES.map((queue) => [queue, ["group-limit", `${GROUP_LIMITS[queue]}`]])),
  [LIMITED_QUEUE]: ["group-limit", `${GROUP_LIMITS[LIMITED_QUEUE]}`, "max-processing", `${MAX_PROCESSING}`],
};

export async function slotOf(queue: string, node: RedisAddr): Promise<number> {
  return Number(await sendToRedis(node, "CLUSTER", "KEYSLOT", sharedKeys(partitionOf(bytes(queue))).queues));
}

/** The queues whose slots are in these ranges. @param node any node */
export async function queuesIn(ranges: [number, number][], node: RedisAddr): Promise<string[]> {
  const slots = await Promise.all(QUEUES.map((queue) => slotOf(queue, node)));
  return QUEUES.filter((_, i) => ranges.some(([from, to]) => from <= slots[i] && slots[i] <= to));
}
