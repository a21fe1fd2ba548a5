/**
 * An overview of dead queues.
 *
 * @module
 */
import { accessibleOrigins, deadQueuesOf } from "../../core/metrics/dead_queues.ts";
import { giveWay, mergeSorted, slicesOf } from "../../core/util/slices.ts";
import { compareBytes } from "../../store/bytes.ts";
import type { QueueStatus, Store } from "../../store/store.ts";
import { wholeNumber } from "../parameters.ts";
import { json } from "../response.ts";
import { route } from "../route.ts";
import { arrayOf, BYTES, INTEGER, jsonOf, object } from "../schemas.ts";
import { GLIMPSE, withGlimpses } from "./events.ts";
import { FIGURES, figuresOf } from "./queues.ts";

const MAX_PAGE_QUEUES = 200;
const DEFAULT_COUNT = 50;

export const deadLetters = route({
  method: "GET",
  path: "/dead-letters",
  role: "inspect",
  query: {
    from: wholeNumber(0, Number.MAX_SAFE_INTEGER, "The number of queues to pass over"),
    count: wholeNumber(1, MAX_PAGE_QUEUES, `The most queues, by default ${DEFAULT_COUNT}`),
  },
  about: {
    operation: "listDeadLetters",
    summary: "Lists the dead queues that hold events, those with the most first",
    description:
      "`found` is their number and `total` that of their events. `unread` is the number of queues whose policies " +
      "were not read yet, so their dead queues may be missing.",
    responses: {
      200: jsonOf(
        "A page of dead queues",
        object({
          found: INTEGER,
          total: INTEGER,
          unread: INTEGER,
          queues: arrayOf(
            object({ ...FIGURES, origins: arrayOf(BYTES), newest: { oneOf: [GLIMPSE, { type: "null" }] } }),
          ),
        }),
      ),
    },
  },
  async handle({ query: { from = 0, count = DEFAULT_COUNT }, server, user }) {
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
      return { ...figuresOf(status), origins: accessibleOrigins(deadQueues, queue, user), newest };
    }));
    return json({ found, total, unread: deadQueues.unread, queues });
  },
});

function byTotal(a: QueueStatus, b: QueueStatus): number {
  return b.total - a.total || compareBytes(a.queue, b.queue);
}

async function newestOf(store: Store, queue: Uint8Array): Promise<unknown> {
  const { events } = await store.list(queue, "ready", "0", 1, "left");
  return (await withGlimpses(store, queue, events))[0] ?? null;
}
