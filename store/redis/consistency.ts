/**
 * Checks everything that okq stores in Redis, also while okq is at work. Each step holds Redis for milliseconds. An
 * event that moves between two steps looks like an inconsistency, so such ids are checked again in one step.
 *
 * @module
 */
import type { Buffer } from "../../deps.ts";
import { keyOf } from "../bytes.ts";
import { type ConsistencyReport, emptyReport } from "../consistency.ts";
import checkSource from "./consistency.lua" with { type: "text" };
import { partitionOf } from "../partition.ts";
import { ALL_KEYS, contentsKey, type Key, knownKey, listOf, queueKeys } from "./keys.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import { type Args, type Link, scanAll } from "./connection/link.ts";
import { SIZE_BYTES } from "./script/event_header.ts";
import { Script } from "./script/script.ts";
import { fieldsOf, readField, readTimetable } from "./timetables.ts";

const script = new Script(checkSource);

const MAX_STEP_IDS = 1000;
/** List elements that Redis may walk past. */
const MAX_STEP_ELEMENTS = 500_000;
const MAX_CONCURRENT_QUEUES = 32;

/** Where an id was found, added up by `locations` in `consistency.lua`. One that is blocked has an event. */
const CONTENTS = 1;
const LEASED = 2;
const READY = 4;
const DELAYED = 8;

/** Reply of PTTL. */
const NEVER = -1;

/** First letters of delayed events in `later`. */
const DELAYED_KINDS = ["l", "r"];

type GroupOf = (queue: Buffer) => PartitionGroup;

export async function checkConsistency(link: Link, groupOf: GroupOf): Promise<ConsistencyReport> {
  const report = emptyReport();
  const found = await findKeys(link, report);
  const { queues, contents } = found;
  const timetables = await findTimetables(link, found, report);
  const unchecked = queues.values();
  const worker = async () => {
    for (const queue of unchecked) {
      await new QueueCheck(link, groupOf(queue), queue).addTo(report, timetables.get(keyOf(queue)));
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_QUEUES }, worker));
  if (contents.size > 0) await keepUnowned(link, found, contents, report);
  // Some may have moved to a queue that was read before.
  if (contents.size > 0) {
    const later = emptyReport();
    await keepUnowned(link, await findKeys(link, later), contents, later);
  }
  report.orphans.unreachable += contents.size;
  return report;
}

interface FoundKeys {
  /** All queues that a key, a set of active queues or a timer names. */
  queues: Map<string, Buffer>;
  /** Keys with large contents. */
  contents: Map<string, Buffer>;
  /** Hashes of timetables, and the sorted sets of their times. */
  timetables: Buffer[];
  schedules: Buffer[];
}

/** Reports unknown keys. */
async function findKeys(link: Link, report: ConsistencyReport): Promise<FoundKeys> {
  const queues = new Map<string, Buffer>();
  const contents = new Map<string, Buffer>();
  const [timetables, schedules]: Buffer[][] = [[], []];
  const registries: [command: string, key: Buffer][] = [];
  const seen = new Set<string>();
  await link.scan(ALL_KEYS, (keys) => {
    for (const key of keys) {
      const name = keyOf(key);
      if (seen.has(name)) continue;
      seen.add(name);
      const known = knownKey(key, link.batchers > 1);
      if (known === undefined) report.orphans.unknown++;
      else if (known.queue) queues.set(keyOf(known.queue), known.queue);
      else if (known.kind === "contents") contents.set(name, key);
      else if (known.kind === "timetables") timetables.push(key);
      else if (known.kind === "schedule") schedules.push(key);
      else if (known.kind === "queues") registries.push(["SSCAN", key]);
      else if (known.kind === "timers") registries.push(["ZSCAN", key]);
    }
  });
  for (const [command, key] of registries) {
    const step = command === "SSCAN" ? 1 : 2;
    await unlessWrongType(report, () =>
      scanKey(link, command, key, (items) => {
        for (let i = 0; i < items.length; i += step) queues.set(keyOf(items[i]), items[i]);
      }));
  }
  return { queues, contents, timetables, schedules };
}

/** What was found of the timetables of a queue: the fields of their records and those that have a next time. */
interface FoundTimetables {
  records: Map<string, Buffer>;
  scheduled: Map<string, Buffer>;
}

/** Timetables by queue. Adds their queues to `found`. */
async function findTimetables(
  link: Link,
  found: FoundKeys,
  report: ConsistencyReport,
): Promise<Map<string, FoundTimetables>> {
  const byQueue = new Map<string, FoundTimetables>();
  const keys = [
    ...found.timetables.map((key) => ["HSCAN", key, "records"] as const),
    ...found.schedules.map((key) => ["ZSCAN", key, "scheduled"] as const),
  ];
  for (const [command, key, kind] of keys) {
    await unlessWrongType(report, () =>
      scanKey(link, command, key, (items) => {
        for (let i = 0; i < items.length; i += 2) {
          const { queue } = readField(items[i]);
          const name = keyOf(queue);
          if (!byQueue.has(name)) byQueue.set(name, { records: new Map(), scheduled: new Map() });
          byQueue.get(name)![kind].set(keyOf(items[i]), items[i]);
          found.queues.set(name, queue);
        }
      }));
  }
  return byQueue;
}

function scanKey(link: Link, command: string, key: Key, onItems: (items: Buffer[]) => void): Promise<void> {
  return scanAll(async (args: Args) => (await link.send(String(key), [args]))[0], [command, key], onItems);
}

/** Removes large contents that belong to a queue or a timetable, or that Redis will delete by itself. */
async function keepUnowned(
  link: Link,
  { queues, timetables }: FoundKeys,
  contents: Map<string, Buffer>,
  report: ConsistencyReport,
): Promise<void> {
  for (const key of timetables) {
    await unlessWrongType(report, () =>
      scanKey(link, "HSCAN", key, (items) => {
        for (let i = 0; i < items.length; i += 2) {
          const { queue, name } = readField(items[i]);
          const { isLarge, body } = readTimetable(queue, name, items[i + 1], 0);
          if (isLarge) contents.delete(contentsKey(partitionOf(queue), keyOf(body)));
        }
      }));
  }
  for (const queue of queues.values()) {
    const [, , large, , , , , flushed] = queueKeys(queue);
    for (const key of [large, flushed]) {
      await unlessWrongType(report, () =>
        scanKey(link, "HSCAN", key, (items) => {
          for (let i = 1; i < items.length; i += 2) {
            const token = keyOf(items[i].subarray(SIZE_BYTES));
            contents.delete(contentsKey(partitionOf(queue), token));
          }
        }));
    }
  }
  for (const [name, key] of contents) {
    const [timeLeft] = await link.send(name, [["PTTL", key]]);
    if (timeLeft !== NEVER) contents.delete(name);
  }
}

/** Reports a key whose type okq never creates. */
async function unlessWrongType(report: ConsistencyReport, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("WRONGTYPE"))) throw error;
    report.orphans.unknown++;
  }
}

class QueueCheck {
  #link: Link;
  #group: PartitionGroup;
  #queue: Buffer;
  #keys: Key[];

  constructor(link: Link, group: PartitionGroup, queue: Buffer) {
    this.#link = link;
    this.#group = group;
    this.#queue = queue;
    this.#keys = queueKeys(queue);
  }

  /** @param timetables of the queue, if there are any */
  addTo(report: ConsistencyReport, timetables?: FoundTimetables): Promise<void> {
    return unlessWrongType(report, async () => {
      const summary = await this.#summary();
      const { ready, contents, leases, consumers, policy, active, timer, inTime, flushed, blocked, groups } = summary;
      const { orphans } = report;
      const exists = contents > 0 || consumers > 0 || policy > 0;
      report.flushed += flushed;
      if (active) report.queues++;
      if (active && !exists) orphans.emptyQueues++;
      if (!active) orphans.missingQueues += contents || consumers || policy;
      if (timer && !exists && flushed === 0) orphans.strayTimers++;
      if ((exists || flushed > 0) && !inTime) orphans.missingTimers++;
      orphans.unknown += summary.forgotten;
      report.events += contents;
      report.processing += leases;
      if (ready + leases + contents + blocked > 0) await this.#compareIds(report);
      if (groups > 0 && await this.#hasWrongGroups()) orphans.wrongCounts++;
      if (timetables) await this.#checkTimetables(timetables, report);
      const number = timetables?.records.size ?? 0;
      if (summary.timetables !== number && await this.#hasWrongTimetables()) orphans.wrongCounts++;
    });
  }

  async #checkTimetables({ records, scheduled }: FoundTimetables, report: ConsistencyReport): Promise<void> {
    report.timetables += records.size;
    for (const [name, field] of new Map([...records, ...scheduled])) {
      if (records.has(name) && scheduled.has(name)) continue;
      const [hasRecord, hasTime] = await this.#call("timetable", field) as number[]; // at one moment
      if (hasRecord > hasTime) report.orphans.missingTimers++;
      if (hasRecord < hasTime) report.orphans.strayTimers++;
    }
  }

  /** Whether the number of timetables in the record differs from theirs, while both stay the same. */
  async #hasWrongTimetables(): Promise<boolean> {
    const [stated, number] = await this.#timetableCounts();
    if (stated === number) return false;
    const [statedLater, numberLater] = await this.#timetableCounts();
    return stated === statedLater && number === numberLater;
  }

  async #timetableCounts(): Promise<[stated: number, number: number]> {
    const fields = new Set<string>();
    const { timetables } = this.#group.keys;
    await scanAll((args) => this.#send(args), ["HSCAN", timetables, "MATCH", fieldsOf(this.#queue)], (items) => {
      for (let i = 0; i < items.length; i += 2) fields.add(keyOf(items[i]));
    });
    return [(await this.#summary()).timetables, fields.size];
  }

  /** Compares the ids that have contents with those that are ready, leased, delayed or blocked. */
  async #compareIds({ orphans }: ConsistencyReport): Promise<void> {
    const [, , , leases, later] = this.#keys;
    const { withContents, withoutContents } = await this.#eventIds();
    const located = new Map<string, Buffer>();
    await scanAll((args) => this.#send(args), ["ZSCAN", leases], (items) => {
      for (let i = 0; i < items.length; i += 2) located.set(keyOf(items[i]), items[i]);
    });
    await scanAll((args) => this.#send(args), ["ZSCAN", later], (items) => {
      for (let i = 0; i < items.length; i += 2) {
        const id = items[i].subarray(1);
        if (DELAYED_KINDS.includes(String.fromCharCode(items[i][0]))) located.set(keyOf(id), id);
      }
    });
    const strayBlocked = await this.#addBlocked(located);
    await this.#addReady(located);
    const suspects = [...withContents, ...located]
      .filter(([key]) => withContents.has(key) !== located.has(key))
      .map(([, id]) => id);
    let undelayedWithout = 0;
    let delayedWithout = 0;
    let unreachable = 0;
    while (suspects.length > 0) {
      const { ready } = await this.#summary();
      const count = Math.ceil(Math.min(MAX_STEP_ELEMENTS / Math.max(1, ready), MAX_STEP_IDS));
      const locations = await this.#call("locations", ...suspects.splice(-count)) as number[];
      undelayedWithout += locations.filter((location) => location === LEASED || location === READY).length;
      delayedWithout += locations.filter((location) => location === DELAYED).length;
      unreachable += locations.filter((location) => location === CONTENTS).length;
    }
    // A consistent event is ready, leased, blocked or delayed once; any further count is a duplicate. Redis does not
    // count delayed events.
    const { ready, contents, leases: leased, blocked } = await this.#summary();
    orphans.missingContents += undelayedWithout + delayedWithout + withoutContents + strayBlocked;
    orphans.unreachable += unreachable;
    const undelayed = ready + leased + blocked - undelayedWithout - strayBlocked;
    orphans.duplicated += Math.max(0, undelayed - (contents - unreachable));
  }

  /** Returns the number of entries without an event. */
  async #addBlocked(ids: Map<string, Buffer>): Promise<number> {
    const stray = new Set<string>();
    await this.#scan("blocked_ids", (blocked, others) => {
      for (const id of blocked) ids.set(keyOf(id), id);
      for (const entry of others) stray.add(keyOf(entry));
    });
    return stray.size;
  }

  /**
   * Whether the state of a group differs from its events. In a queue in use the two are not read at one moment, so they
   * are read twice, and a group is only wrong if neither has changed.
   */
  async #hasWrongGroups(): Promise<boolean> {
    const first = await this.#wrongGroups();
    if (first.size === 0) return false;
    const second = await this.#wrongGroups();
    return [...first].some(([key, found]) => second.get(key) === found);
  }

  /** Groups whose states differ from their events: key → what was found. */
  async #wrongGroups(): Promise<Map<string, string>> {
    const stated = new Map<string, string>();
    await this.#scan("group_states", (items) => {
      for (let i = 0; i < items.length; i += 4) stated.set(keyOf(items[i]), items.slice(i + 1, i + 4).join(" "));
    });
    const members = new Map<string, Map<string, number>>(); // key → id → state as `places` returns it
    await this.#scan("places", (items) => {
      for (let i = 0; i < items.length; i += 3) {
        const key = keyOf(items[i + 1]);
        if (!members.has(key)) members.set(key, new Map());
        members.get(key)!.set(keyOf(items[i]), Number(items[i + 2]));
      }
    });
    const wrong = new Map<string, string>();
    for (const key of [...stated.keys(), ...members.keys()]) {
      const found = [...members.get(key) ?? []];
      const count = (state: number) => found.filter(([, of]) => of === state).length;
      const real = `${count(0) + count(1)} ${count(1)} ${count(2)}`;
      const state = stated.get(key);
      if (state !== real) wrong.set(key, JSON.stringify([state, found.sort()]));
    }
    return wrong;
  }

  /** The ids that `events` holds, and the number of those whose large contents are missing. */
  async #eventIds(): Promise<{ withContents: Map<string, Buffer>; withoutContents: number }> {
    const withContents = new Map<string, Buffer>();
    const without = new Set<string>();
    await this.#scan("event_ids", (ids, withoutLarge) => {
      for (const id of ids) withContents.set(keyOf(id), id);
      for (const id of withoutLarge) without.add(keyOf(id));
    });
    return { withContents, withoutContents: without.size };
  }

  async #addReady(ids: Map<string, Buffer>): Promise<void> {
    // Positions count from the right, so that pushes on the left do not change them.
    for (let skip = 0;; skip += MAX_STEP_IDS) {
      const step = await this.#call("ready_ids", String(skip), String(MAX_STEP_IDS)) as [number, Buffer[]];
      for (const id of step[1]) ids.set(keyOf(id), id);
      if (step[0] < MAX_STEP_IDS) return;
    }
  }

  async #summary() {
    const figures = await this.#call("summary", this.#queue) as number[];
    const [ready, contents, leases, consumers, policy, active, timer, inTime, flushed, ...others] = figures;
    const [blocked, groups, timetables, forgotten] = others;
    return {
      ...{ ready, contents, leases, consumers, policy, active, timer, inTime },
      ...{ flushed, blocked, groups, timetables, forgotten },
    };
  }

  /** Calls an operation that returns the next cursor and lists. */
  async #scan(operation: string, onStep: (...lists: Buffer[][]) => void): Promise<void> {
    let cursor = "0";
    do {
      const [next, ...lists] = await this.#call(operation, cursor, String(MAX_STEP_IDS)) as [Buffer, ...Buffer[][]];
      onStep(...lists);
      cursor = String(next);
    } while (cursor !== "0");
  }

  async #call(operation: string, ...args: Key[]): Promise<unknown> {
    const { batcher, keys: shared } = this.#group;
    const keys = [...listOf(shared), ...this.#keys];
    return (await batcher.call(() => script.call(this.#link, shared.queues, keys, [operation, ...args])))[0];
  }

  async #send(args: Args): Promise<unknown> {
    return (await this.#group.batcher.call(() => this.#link.send(String(this.#keys[0]), [args])))[0];
  }
}
