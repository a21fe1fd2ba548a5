/**
 * What is said of the queues of the load: events of the first half of them that fail too often go to a dead queue, from
 * where the load takes or replays them.
 *
 * @module
 */
import type { Addr } from "../../tests/support/wire.ts";
import { Client, sleep } from "../client.ts";
import { QUEUES } from "./queues.ts";
import { REFUSED_PAUSE_MS } from "./acknowledger.ts";

/** After how many failed deliveries an event is a dead letter. */
export const MAX_ATTEMPTS = 3;

/** The queues with such a policy: no delivery there is given back without counting as failed. */
export const STRICT_QUEUES: readonly string[] = QUEUES.slice(0, QUEUES.length / 2);

/** Where their dead letters go. */
export const DEAD_QUEUES: readonly string[] = STRICT_QUEUES.map((queue) => `${queue}:dead`);

/** Sets the policies, again and again until that is done. */
export async function setPolicies(addr: () => Addr, signal: AbortSignal): Promise<void> {
  for (const queue of STRICT_QUEUES) {
    const command = [
      "QCONFIG",
      "SET",
      queue,
      "max-attempts",
      `${MAX_ATTEMPTS}`,
      "backoff",
      "0.05",
      "backoff-max",
      "0.2",
    ];
    while (!signal.aborted) {
      await using client = await Client.insist(addr, signal);
      if (await client?.one(...command) === "+OK") break;
      await sleep(REFUSED_PAUSE_MS);
    }
  }
}
