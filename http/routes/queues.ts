/**
 * Queues: all that a user may access, searched, sorted and paged by the server, and one.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import type { ServerContext } from "../../core/context.ts";
import { accessibleOrigins, deadQueuesOf } from "../../core/metrics/dead_queues.ts";
import type { Point } from "../../core/metrics/queue_history.ts";
import { COUNTERS } from "../../core/metrics/queue_stats.ts";
import { giveWay, mergeSorted, slicesOf } from "../../core/util/slices.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import { deadQueueOf, isDefaultPolicy, type Policy } from "../../store/policy.ts";
import type { QueueStatus } from "../../store/store.ts";
import { flag, glob, oneOf, type Schema, wholeNumber } from "../parameters.ts";
import { instantOf, json, secondsOf } from "../response.ts";
import { route } from "../route.ts";
import { arrayOf, BOOLEAN, BYTES, INSTANT, INTEGER, jsonOf, object } from "../schemas.ts";
import { POLICY, policyOf } from "./policy.ts";

const MAX_PAGE_QUEUES = 200;
const DEFAULT_COUNT = 50;

/** Of any name as a set of both cases of each letter, between two stars: for a search without regard to case. */
const MAX_PATTERN_BYTES = 4 * MAX_QUEUE_BYTES + 2;

/** A rate is averaged over these points of the history. */
const RATE_POINTS = 5;
/** A rate over a shorter time is 0. */
const MIN_RATE_SECONDS = 0.5;

/** The figures of QSTATS, and what they are in JSON. */
export const FIGURES: Record<string, Schema> = {
  queue: BYTES,
  total: INTEGER,
  processing: INTEGER,
  consumers: INTEGER,
  ready: INTEGER,
  delayed: INTEGER,
  oldest: { type: "number", description: "Seconds since the push of the ready event that is next; 0 if there is none" },
  paused: BOOLEAN,
  pushed: INTEGER,
  acked: INTEGER,
  redelivered: INTEGER,
  dead: INTEGER,
  expired: INTEGER,
  blocked: INTEGER,
  limited: { type: "boolean", description: "Ready events are held back by a limit of rate or concurrency" },
};

const RATES = ["pushed", "acked", "redelivered"] as const;

const SUMMARY: Record<string, Schema> = {
  ...FIGURES,
  rates: {
    ...object(Object.fromEntries(RATES.map((name) => [name, { type: "number" }]))),
    description: "Per second, through this okq",
  },
  "dead-queue": BYTES,
  "dead-letters": {
    type: ["integer", "null"],
    description: "Events in the dead queue; null for a dead queue itself, or if the user may not access it",
  },
};

const RECENT = { ...arrayOf(INTEGER), description: "Ready events, the oldest value first; with history=true" };

/** With history=true. */
const POINT = object({
  at: INSTANT,
  ready: INTEGER,
  processing: INTEGER,
  delayed: INTEGER,
  pushed: INTEGER,
  acked: INTEGER,
  redelivered: INTEGER,
});

const SUMS = object(
  Object.fromEntries(
    ["ready", "processing", "delayed", "blocked", "consumers", "dead-letters"].map((name) => [name, INTEGER]),
  ),
);

/** Queues with equal values are sorted by name. */
const SORT_KEYS = ["ready", "queue", "processing", "delayed", "blocked", "total", "consumers", "oldest"] as const;

type SortKey = typeof SORT_KEYS[number];
type Entry = [key: string, status: QueueStatus];

const HISTORY = flag("With the last minutes, as this okq has seen them");

export const queues = route({
  method: "GET",
  path: "/queues",
  role: "inspect",
  query: {
    match: glob("names", MAX_PATTERN_BYTES),
    sort: oneOf(SORT_KEYS, "The figure to sort by, ready by default"),
    order: oneOf(["down", "up"], "The greatest first (down, the default) or last"),
    from: wholeNumber(0, Number.MAX_SAFE_INTEGER, "The number of queues to pass over"),
    count: wholeNumber(1, MAX_PAGE_QUEUES, `The most queues, by default ${DEFAULT_COUNT}`),
    history: HISTORY,
  },
  about: {
    operation: "listQueues",
    summary: "Lists the active queues that the user may access",
    description: "`all` is their number and `found` that of those that match, of which `sums` has the figures.",
    responses: {
      200: jsonOf(
        "A page of queues",
        object({ all: INTEGER, found: INTEGER, sums: SUMS, queues: arrayOf(object(SUMMARY, { recent: RECENT })) }),
      ),
    },
  },
  async handle({ query, server, user }) {
    const { match, sort = "ready", order = "down", from = 0, count = DEFAULT_COUNT, history = false } = query;
    const deadQueues = deadQueuesOf(server);
    await Promise.all([server.queueStats.refresh(), deadQueues.refresh()]);
    const compare = comparator(sort, order === "up");
    const pause = giveWay();
    const sorted: Entry[][] = [];
    const sums = { ready: 0, processing: 0, delayed: 0, blocked: 0, consumers: 0, "dead-letters": 0 };
    let [all, found] = [0, 0];
    // With very many queues the status of some is a few seconds old.
    for (const slice of slicesOf(server.queueStats.all())) {
      const accessible = user.allQueues ? slice : slice.filter(([, { queue }]) => user.mayAccess(queue));
      const matching = match ? accessible.filter(([key]) => match.matches(key)) : accessible;
      all += accessible.length;
      found += matching.length;
      for (const [key, { ready, processing, delayed, blocked, consumers, total }] of matching) {
        sums.ready += ready;
        sums.processing += processing;
        sums.delayed += delayed;
        sums.blocked += blocked;
        sums.consumers += consumers;
        if (deadQueues.includes(key)) sums["dead-letters"] += total;
      }
      sorted.push(matching.sort(compare));
      await pause();
    }
    const page = (await mergeSorted(sorted, from + count, compare, pause)).slice(from);
    const summaries = await Promise.all(page.map(async ([, { queue }]) => {
      const { summary, recent } = await summaryOf(server, queue, user);
      return history ? { ...summary, recent } : summary;
    }));
    return json({ all, found, sums, queues: summaries });
  },
});

export const queue = route({
  method: "GET",
  path: "/queues/{queue}",
  role: "inspect",
  query: { history: HISTORY },
  about: {
    operation: "getQueue",
    summary: "Returns the figures of a queue, and its policy",
    description: "A queue that does not exist has zeros. `origins` are the queues whose dead letters it holds.",
    responses: {
      200: jsonOf(
        "The queue",
        object({ ...SUMMARY, exists: BOOLEAN, policy: POLICY, origins: arrayOf(BYTES) }, { history: arrayOf(POINT) }),
      ),
    },
  },
  async handle({ path: { queue }, query: { history }, server, user }) {
    const deadQueues = deadQueuesOf(server);
    await deadQueues.refresh();
    const { summary, status, policy } = await summaryOf(server, queue, user);
    return json({
      ...summary,
      exists: exists(status, policy),
      policy: policyOf(policy),
      origins: accessibleOrigins(deadQueues, queue, user),
      ...history ? { history: server.queueStats.history.of(queue).map(pointOf) } : {},
    });
  },
});

/** The figures of a queue in JSON. */
export function figuresOf({ oldestMs, ...status }: QueueStatus): Record<string, unknown> {
  const figures: Record<string, unknown> = { ...status, oldest: secondsOf(oldestMs) };
  return Object.fromEntries(Object.keys(FIGURES).map((name) => [name, figures[name]]));
}

interface Summary {
  summary: Record<string, unknown>;
  /** Ready events, oldest value first. */
  recent: number[];
  status: QueueStatus;
  policy: Policy;
}

/** Adds the queue's status to its history too. */
async function summaryOf(server: ServerContext, queue: Uint8Array, user: User): Promise<Summary> {
  const { store, queueStats: { history } } = server;
  const [status, policy] = await Promise.all([store.status(queue), store.policy(queue)]);
  const deadQueue = policy.deadQueue ?? deadQueueOf(queue);
  const hasOwn = !deadQueuesOf(server).includes(keyOf(queue)) && user.mayAccess(deadQueue);
  const deadLetters = hasOwn ? (await store.status(deadQueue)).total : null;
  history.add(status);
  const points = history.of(queue);
  const summary = {
    ...figuresOf(status),
    rates: ratesOf(status, points),
    "dead-queue": deadQueue,
    "dead-letters": deadLetters,
  };
  return { summary, recent: [...points.map(({ ready }) => ready), status.ready], status, policy };
}

function ratesOf(now: QueueStatus, points: readonly Point[]): Record<string, number> {
  const start = points.at(-RATE_POINTS) ?? points[0];
  const seconds = (Date.now() - start.at) / 1000;
  // A difference is negative if the counters of the queue were dropped and restarted at 0.
  const rate = (name: typeof RATES[number]) =>
    seconds < MIN_RATE_SECONDS ? 0 : Math.max(0, now[name] - start[name]) / seconds;
  return Object.fromEntries(RATES.map((name) => [name, rate(name)]));
}

function pointOf({ at, ...values }: Point): Record<string, unknown> {
  return { at: instantOf(at), ...values };
}

/** Whether there is anything of a queue, or was since this okq instance started. */
function exists(status: QueueStatus, policy: Policy): boolean {
  const isUsed = status.total > 0 || status.consumers > 0 || status.paused || COUNTERS.some((name) => status[name] > 0);
  return isUsed || !isDefaultPolicy(policy);
}

function comparator(sort: SortKey, ascending: boolean): (a: Entry, b: Entry) => number {
  const byName = ([a]: Entry, [b]: Entry) => a < b ? -1 : a > b ? 1 : 0;
  const sign = ascending ? 1 : -1;
  if (sort === "queue") return (a, b) => sign * byName(a, b);
  const key = sort === "oldest" ? "oldestMs" : sort;
  return (a, b) => sign * (a[1][key] - b[1][key]) || byName(a, b);
}
