/**
 * The queues, a page of them at a time: searched and sorted here, so that a browser never has to hold 10,000.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import type { ServerContext } from "../../core/context.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import type { QueueStatus } from "../../store/store.ts";
import { bytesOf, numberOf, wordOf } from "./json.ts";
import { getRoute } from "./get.ts";
import { type QueueSummary, summaryOf } from "./queue_summary.ts";

/** The most queues on a page. */
const MOST_ROWS = 200;

/** By what queues are sorted; of equal ones the names decide. */
const SORTS = ["ready", "queue", "processing", "delayed", "total", "consumers", "oldestMs", "redelivered"] as const;

/** What the search found, and the page that was asked for. */
interface Found {
  /** Queues that there are. */
  all: number;
  /** Those found. */
  found: number;
  /** Sums of those. */
  sums: Record<"ready" | "processing" | "delayed" | "consumers", number>;
  /** The page. */
  queues: QueueSummary[];
}

/** A page of the queues that the user may touch. */
export const queues = getRoute({
  path: "/api/queues",
  role: "inspect",
  async look({ url, server, user }): Promise<Found> {
    const asked = (name: string) => url.searchParams.get(name) ?? undefined;
    const search = keyOf(bytesOf(asked("search") ?? "", "The search", 0, MAX_QUEUE_BYTES)).toLowerCase();
    const sort = wordOf(asked("sort"), "The sort", SORTS);
    const order = wordOf(asked("order"), "The order", ["down", "up"]);
    const from = numberOf(asked("from") ?? 0, "The start", 0, Number.MAX_SAFE_INTEGER);
    const count = numberOf(asked("count") ?? 50, "The count", 1, MOST_ROWS);
    const all = await known(server, user);
    const found = search === "" ? all : all.filter(({ queue }) => keyOf(queue).toLowerCase().includes(search));
    const sum = (of: (status: QueueStatus) => number) => found.reduce((sum, status) => sum + of(status), 0);
    const sums = {
      ready: sum(({ ready }) => ready),
      processing: sum(({ processing }) => processing),
      delayed: sum(({ delayed }) => delayed),
      consumers: sum(({ consumers }) => consumers),
    };
    const page = sorted(found, sort, order === "up").slice(from, from + count);
    const rows = await Promise.all(page.map(({ queue }) => summaryOf(server, queue)));
    return { all: all.length, found: found.length, sums, queues: rows };
  },
});

/** What is known of the queues that the user may touch; of some it may be some seconds old, where there are many. */
async function known({ queueStats }: ServerContext, user: User): Promise<QueueStatus[]> {
  await queueStats.refresh();
  const all = queueStats.all;
  return user.unlimited ? all : all.filter(({ queue }) => user.mayAccess(queue));
}

function sorted(found: QueueStatus[], by: typeof SORTS[number], up: boolean): QueueStatus[] {
  const keyed = found.map((status): [key: string, QueueStatus] => [keyOf(status.queue), status]);
  const byName = ([a]: [string, QueueStatus], [b]: [string, QueueStatus]) => a < b ? -1 : a > b ? 1 : 0;
  const way = up ? 1 : -1;
  return keyed.sort((a, b) => (by === "queue" ? way * byName(a, b) : way * (a[1][by] - b[1][by]) || byName(a, b)))
    .map(([, status]) => status);
}
