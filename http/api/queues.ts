/**
 * The table of queues, searched, sorted and paged by the server: a browser need not hold 10,000 queues.
 *
 * @module
 */
import { giveWay, mergeSorted, slicesOf } from "../../core/util/slices.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import type { QueueStatus } from "../../store/store.ts";
import { deadQueuesOf } from "../../core/metrics/dead_queues.ts";
import { getRoute } from "./get.ts";
import { bytesOf, numberOf, wordOf } from "./json.ts";
import { type QueueSummary, summaryOf } from "./queue.ts";

const MAX_PAGE_QUEUES = 200;

/** Queues with equal values are sorted by name. */
const SORT_KEYS = ["ready", "queue", "processing", "delayed", "blocked", "total", "consumers", "oldestMs"] as const;

type Entry = [key: string, status: QueueStatus];

interface QueuesPage {
  /** Number of queues that the user may access. */
  all: number;
  /** Number of those that match the search. */
  found: number;
  /** Over all matching queues. `deadLetters` are events in dead queues among these. */
  sums: Record<"ready" | "processing" | "delayed" | "blocked" | "consumers" | "deadLetters", number>;
  queues: QueueSummary[];
}

export const queues = getRoute({
  path: "/api/queues",
  role: "inspect",
  async get({ params, server, user }): Promise<QueuesPage> {
    const search = keyOf(bytesOf(params.get("search") ?? "", "The search text", 0, MAX_QUEUE_BYTES)).toLowerCase();
    const sortKey = wordOf(params.get("sort"), "The sort key", SORT_KEYS);
    const order = wordOf(params.get("order"), "The order", ["down", "up"]);
    const from = numberOf(params.get("from") ?? 0, "The start", 0, Number.MAX_SAFE_INTEGER);
    const count = numberOf(params.get("count") ?? 50, "The count", 1, MAX_PAGE_QUEUES);
    const deadQueues = deadQueuesOf(server);
    await Promise.all([server.queueStats.refresh(), deadQueues.refresh()]);
    const compare = comparator(sortKey, order === "up");
    const pause = giveWay();
    const sorted: Entry[][] = [];
    const sums = { ready: 0, processing: 0, delayed: 0, blocked: 0, consumers: 0, deadLetters: 0 };
    let [all, found] = [0, 0];
    // With very many queues the status of some is a few seconds old.
    for (const slice of slicesOf(server.queueStats.all())) {
      const accessible = user.allQueues ? slice : slice.filter(([, { queue }]) => user.mayAccess(queue));
      const matching = search === "" ? accessible : accessible.filter(([key]) => key.toLowerCase().includes(search));
      all += accessible.length;
      found += matching.length;
      for (const [key, { ready, processing, delayed, blocked, consumers, total }] of matching) {
        sums.ready += ready;
        sums.processing += processing;
        sums.delayed += delayed;
        sums.blocked += blocked;
        sums.consumers += consumers;
        if (deadQueues.includes(key)) sums.deadLetters += total;
      }
      sorted.push(matching.sort(compare));
      await pause();
    }
    const page = (await mergeSorted(sorted, from + count, compare, pause)).slice(from);
    return { all, found, sums, queues: await Promise.all(page.map(([, { queue }]) => summaryOf(server, queue, user))) };
  },
});

function comparator(key: typeof SORT_KEYS[number], ascending: boolean): (a: Entry, b: Entry) => number {
  const byName = ([a]: Entry, [b]: Entry) => a < b ? -1 : a > b ? 1 : 0;
  const sign = ascending ? 1 : -1;
  if (key === "queue") return (a, b) => sign * byName(a, b);
  return (a, b) => sign * (a[1][key] - b[1][key]) || byName(a, b);
}
