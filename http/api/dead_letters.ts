/**
 * Dead queues: whose dead letters they hold, and an overview of them.
 *
 * @module
 */
import { accessibleOrigins, deadQueuesOf } from "../../core/metrics/dead_queues.ts";
import { giveWay, mergeSorted, slicesOf } from "../../core/util/slices.ts";
import { compareBytes } from "../../store/bytes.ts";
import type { EventInfo, QueueStatus, Store } from "../../store/store.ts";
import { withGlimpses } from "./events.ts";
import { getRoute } from "./get.ts";
import { numberOf } from "./json.ts";

const MAX_PAGE_QUEUES = 200;
interface DeadLettersPage {
  /** Number of dead queues that hold events and that the user may access. */
  found: number;
  /** Events in them. */
  total: number;
  /** Queues whose policies were not read yet, so their dead queues may be missing. */
  unread: number;
  /** Those with the most events first. */
  queues: (QueueStatus & { origins: Uint8Array[]; newest: EventInfo | null })[];
}

export const deadLetters = getRoute({
  path: "/api/dead-letters",
  role: "inspect",
  async get({ params, server, user }): Promise<DeadLettersPage> {
    const from = numberOf(params.get("from") ?? 0, "The start", 0, Number.MAX_SAFE_INTEGER);
    const count = numberOf(params.get("count") ?? 50, "The count", 1, MAX_PAGE_QUEUES);
    const deadQueues = deadQueuesOf(server);
    await deadQueues.refresh();
    const pause = giveWay();
    const sorted: QueueStatus[][] = [];
    let [found, total] = [0, 0];
    for (const slice of slicesOf(server.queueStats.all())) {
      const dead = slice.filter(([key, status]) =>
        status.total > 0 && deadQueues.includes(key) && user.mayAccess(status.queue)
      ).map(([, status]) => status);
      found += dead.length;
      total += dead.reduce((sum, status) => sum + status.total, 0);
      sorted.push(dead.sort(byTotal));
      await pause();
    }
    const page = (await mergeSorted(sorted, from + count, byTotal, pause)).slice(from);
    const queues = await Promise.all(page.map(async ({ queue }) => {
      const [status, newest] = await Promise.all([server.store.status(queue), newestOf(server.store, queue)]);
      return { ...status, origins: accessibleOrigins(deadQueues, queue, user), newest };
    }));
    return { found, total, unread: deadQueues.unread, queues };
  },
});

function byTotal(a: QueueStatus, b: QueueStatus): number {
  return b.total - a.total || compareBytes(a.queue, b.queue);
}

async function newestOf(store: Store, queue: Uint8Array): Promise<EventInfo | null> {
  const { events } = await store.list(queue, "ready", "0", 1, "left");
  return (await withGlimpses(store, queue, events))[0] ?? null;
}
