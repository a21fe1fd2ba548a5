/**
 * The table of queues, searched, sorted and paged by the server: a browser need not hold 10,000 queues.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import type { ServerContext } from "../../core/context.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import type { QueueStatus } from "../../store/store.ts";
import { getRoute } from "./get.ts";
import { bytesOf, numberOf, wordOf } from "./json.ts";
import { type QueueSummary, summaryOf } from "./queue.ts";

const MAX_PAGE_QUEUES = 200;

/** Queues with equal values are sorted by name. */
const SORT_KEYS = ["ready", "queue", "processing", "delayed", "total", "consumers", "oldestMs", "redelivered"] as const;

interface QueuesPage {
  /** Number of queues that the user may access. */
  all: number;
  /** Number of those that match the search. */
  found: number;
  /** Over all matching queues. */
  sums: Record<"ready" | "processing" | "delayed" | "consumers", number>;
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
    const all = await accessibleQueues(server, user);
    const found = search === "" ? all : all.filter(({ queue }) => keyOf(queue).toLowerCase().includes(search));
    const page = sorted(found, sortKey, order === "up").slice(from, from + count);
    const queues = await Promise.all(page.map(({ queue }) => summaryOf(server, queue)));
    return { all: all.length, found: found.length, sums: sumsOf(found), queues };
  },
});

/** With very many queues the status of some is a few seconds old. */
async function accessibleQueues({ queueStats }: ServerContext, user: User): Promise<QueueStatus[]> {
  await queueStats.refresh();
  const all = queueStats.all;
  return user.unlimited ? all : all.filter(({ queue }) => user.mayAccess(queue));
}

function sumsOf(statuses: QueueStatus[]): QueuesPage["sums"] {
  const sums = { ready: 0, processing: 0, delayed: 0, consumers: 0 };
  for (const { ready, processing, delayed, consumers } of statuses) {
    sums.ready += ready;
    sums.processing += processing;
    sums.delayed += delayed;
    sums.consumers += consumers;
  }
  return sums;
}

function sorted(statuses: QueueStatus[], key: typeof SORT_KEYS[number], ascending: boolean): QueueStatus[] {
  const named = statuses.map((status): [name: string, QueueStatus] => [keyOf(status.queue), status]);
  const byName = ([a]: [string, QueueStatus], [b]: [string, QueueStatus]) => a < b ? -1 : a > b ? 1 : 0;
  const sign = ascending ? 1 : -1;
  return named
    .sort((a, b) => key === "queue" ? sign * byName(a, b) : sign * (a[1][key] - b[1][key]) || byName(a, b))
    .map(([, status]) => status);
}
