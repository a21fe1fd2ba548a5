/**
 * Reads the records of a Redis that no okq uses, with plain commands: nothing changes between two of them.
 *
 * @module
 */
import type { Buffer } from "../../../deps.ts";
import { slicesOf } from "../../../core/util/slices.ts";
import { compareBytes, keyOf, sameBytes } from "../../bytes.ts";
import { MAX_ID_BYTES } from "../../limits.ts";
import { partitionOf } from "../../partition.ts";
import { isDefaultPolicy } from "../../policy.ts";
import {
  DelayOrder,
  type EventRecord,
  inBatches,
  QueueChanged,
  type QueueRecord,
  type QueueSummary,
  type RecordReader,
  type TimetableRecord,
} from "../../records.ts";
import { openLink } from "../connection/connect.ts";
import { type Args, type Link, scanAll } from "../connection/link.ts";
import { contentsKey, type Key } from "../keys.ts";
import { requireLayout } from "../layout.ts";
import {
  isLarge,
  OUTSIDE,
  readEvent,
  readTimes,
  setContents,
  SIZE_BYTES,
  STAMP_BYTES,
} from "../script/event_header.ts";
import { readPauseEnd, readPolicyRecord, readTimetableCount, readTombstones } from "../script/policy_record.ts";
import { fieldsOf, readField, readTimetable } from "../timetables.ts";
import { blockedField, ENTER, keysByKind, readGroupState, sharedKeysFor, sharedKeysOf } from "./layout.ts";

/** Ids or entries of one call. */
const PAGE = 1000;
/** Large contents that are read together; a single one may be larger. */
const MAX_LARGE_BYTES = 1024 * 1024;

const EMPTY = new Uint8Array();

/**
 * @throws {StoreUnavailable} if it cannot be reached in time
 * @throws {Error} if the URL is invalid, or it holds no okq data of this layout
 */
export async function openRedisReader(url: string, timeoutMs: number): Promise<RecordReader> {
  // What an OK of this Redis means does not matter.
  const link = await openLink(url, { timeoutMs, report: () => {} });
  try {
    await requireLayout(link);
  } catch (error) {
    link.close();
    throw error;
  }
  return new RedisRecordReader(link);
}

export class RedisRecordReader implements RecordReader {
  readonly isLocked = false;

  constructor(protected readonly link: Link) {}

  async inUse(): Promise<string | undefined> {
    for (const { instances } of sharedKeysOf(this.link)) {
      const [[s, us], [, aliveUntilUs]] = await this.link.send(instances, [
        ["TIME"],
        ["ZRANGE", instances, "-1", "-1", "WITHSCORES"],
      ]) as [[s: Buffer, us: Buffer], [instance?: Buffer, aliveUntilUs?: Buffer]];
      const leftS = Math.ceil((Number(aliveUntilUs ?? 0) - Number(us)) / 1_000_000 - Number(s));
      if (leftS > 0) return `an okq has consumers there; stop it, or if it died, wait ${leftS} s`;
    }
  }

  async queues(): Promise<QueueSummary[]> {
    const names = new Map<string, Buffer>();
    for (const { queues } of sharedKeysOf(this.link)) {
      const send = async (args: Args) => (await this.link.send(queues, [args]))[0];
      await scanAll(send, ["SSCAN", queues], (found) => found.forEach((name) => names.set(keyOf(name), name)));
    }
    const summaries: QueueSummary[] = [];
    for (const slice of slicesOf([...names.values()].sort(compareBytes))) {
      const found = await Promise.all(slice.map((name) => new QueueReader(this.link, name).summary()));
      for (const summary of found) if (summary !== undefined) summaries.push(summary);
    }
    return summaries;
  }

  records(queue: Uint8Array): AsyncIterable<QueueRecord[]> {
    return inBatches(new QueueReader(this.link, queue).records());
  }

  close(): void {
    this.link.close();
  }
}

/** Where an event was found. */
interface Entry {
  id: Buffer;
  /** Of a ready event whose id is that of a tombstone, too. */
  stamp?: Buffer;
  dueAt?: number;
  side?: EventRecord["side"];
  /** The group of a blocked event, and its number in the line. */
  line?: { group: Buffer; number: number };
}

/** A record whose large contents are still to be read. */
interface Unread {
  record: EventRecord;
  metaBytes: number;
  bytes: number;
  /** Of large contents: {@linkcode contentsKey}. */
  token: string | undefined;
}

class QueueReader {
  readonly #link: Link;
  readonly #queue: Uint8Array;
  readonly #keys;

  constructor(link: Link, queue: Uint8Array) {
    this.#link = link;
    this.#queue = queue;
    this.#keys = keysByKind(queue);
  }

  /** Undefined if there is nothing to be read. */
  async summary(): Promise<QueueSummary | undefined> {
    const { ready, events, leases, later, blocked, done } = this.#keys;
    const figures = await this.#send(
      ["HGET", events, ""],
      ["HLEN", events],
      ["ZCARD", done],
      ["LLEN", ready],
      ["ZCARD", leases],
      ["ZCARD", later],
      ["HLEN", blocked],
    ) as [Buffer | null, number, number, ...number[]];
    const [record, fields, remembered] = figures;
    const records = fields - (record === null ? 0 : 1) + remembered + readTimetableCount(record);
    if (records === 0 && isDefaultPolicy(readPolicyRecord(record)) && readPauseEnd(record) === 0) return undefined;
    return { queue: this.#queue, records, figures: figures.join(" ") };
  }

  async *records(): AsyncGenerator<QueueRecord, void> {
    const { events, done } = this.#keys;
    const [record] = await this.#send(["HGET", events, ""]) as [Buffer | null];
    const pausedUntil = readPauseEnd(record);
    yield {
      state: "settings",
      policy: readPolicyRecord(record),
      pausedUntil: pausedUntil < 0 ? Infinity : pausedUntil,
    };
    yield* this.#timetables(readTimetableCount(record));
    let count = 0;
    for await (const event of this.#events(readTombstones(record) > 0)) {
      count++;
      yield event;
    }
    const [fields] = await this.#send(["HLEN", events]) as [number];
    if (count !== fields - (record === null ? 0 : 1)) throw new QueueChanged(this.#queue);
    for await (const page of this.#ranks(done)) {
      for (const [id, until] of page) yield { state: "done", id, dueAt: Math.ceil(until) };
    }
  }

  async *#timetables(count: number): AsyncGenerator<TimetableRecord, void> {
    if (count === 0) return;
    const { timetables, schedule } = sharedKeysFor(this.#link.batchers, partitionOf(this.#queue));
    const found = new Map<string, { field: Buffer; name: Buffer; record: Buffer }>();
    const match = ["MATCH", fieldsOf(this.#queue)];
    await scanAll(async (args) => (await this.#send(args))[0], ["HSCAN", timetables, ...match], (items) => {
      for (let i = 0; i < items.length; i += 2) {
        found.set(keyOf(items[i]), { field: items[i], name: readField(items[i]).name, record: items[i + 1] });
      }
    });
    const sorted = [...found.values()].sort((a, b) => compareBytes(a.name, b.name));
    const [times] = await this.#send(["ZMSCORE", schedule, ...sorted.map(({ field }) => field)]) as [(Buffer | null)[]];
    if (sorted.length !== count || times.includes(null)) throw new QueueChanged(this.#queue);
    for (const [i, { name, record }] of sorted.entries()) {
      const { info, metaBytes, body, isLarge } = readTimetable(this.#queue, name, record, Number(times[i]));
      const { expression, zone, group, nextAt, lastAt } = info;
      const whole = isLarge ? await this.#contents(keyOf(body)) : body;
      if (whole === null) throw new QueueChanged(this.#queue);
      const meta = metaBytes < 0 ? null : whole.subarray(0, metaBytes);
      const contents = whole.subarray(Math.max(metaBytes, 0));
      yield { state: "timetable", name, expression, zone, group, meta, contents, nextAt, lastAt };
    }
  }

  async *#events(hasTombstones: boolean): AsyncGenerator<EventRecord, void> {
    const { leases, later } = this.#keys;
    yield* this.#ready(hasTombstones);
    for await (const page of this.#ranks(leases)) {
      yield* this.#read("processing", page.map(([id, dueAt]) => ({ id, dueAt: Math.ceil(dueAt) })));
    }
    const order = new DelayOrder();
    for await (const page of this.#ranks(later)) {
      const entries: Entry[] = [];
      for (const [entry, dueAt] of page) {
        const side = entry[0] === ENTER.left ? "left" : entry[0] === ENTER.right ? "right" : undefined;
        if (side) entries.push({ id: entry.subarray(1), dueAt: order.next(Math.floor(dueAt)), side });
      }
      yield* this.#read("delayed", entries);
    }
    yield* this.#blocked();
  }

  /** `lua/ready_list.lua` describes the entries of the list. */
  async *#ready(hasTombstones: boolean): AsyncGenerator<EventRecord, void> {
    const { ready, tombstones } = this.#keys;
    for (let skip = 0;; skip += PAGE) {
      const [page] = await this.#send(["LRANGE", ready, `${-skip - PAGE}`, `${-skip - 1}`]) as [Buffer[]];
      if (page.length === 0) return;
      const entries = page.reverse().filter(({ length }) => length > 0).map((entry): Entry =>
        entry.length <= MAX_ID_BYTES ? { id: entry } : {
          id: entry.subarray(MAX_ID_BYTES + STAMP_BYTES),
          stamp: entry.subarray(MAX_ID_BYTES, MAX_ID_BYTES + STAMP_BYTES),
        }
      );
      if (hasTombstones && entries.length > 0) {
        const [found] = await this.#send(["SMISMEMBER", tombstones, ...entries.map(({ id }) => id)]) as [number[]];
        yield* this.#read("ready", entries.filter(({ stamp }, i) => stamp !== undefined || found[i] === 0));
      } else yield* this.#read("ready", entries);
    }
  }

  async *#blocked(): AsyncGenerator<EventRecord, void> {
    const { groups, blocked } = this.#keys;
    const lines = new Map<string, { group: Buffer; first: number; last: number }>();
    await scanAll(async (args) => (await this.#send(args))[0], ["HSCAN", groups], (items) => {
      for (let i = 0; i < items.length; i += 2) {
        const { blocked, first, last } = readGroupState(items[i + 1]);
        if (blocked > 0) lines.set(keyOf(items[i]), { group: items[i], first, last });
      }
    });
    const numbers = function* () {
      for (const { group, first, last } of [...lines.values()].sort((a, b) => compareBytes(a.group, b.group))) {
        for (let number = first; number < last; number++) yield { group, number };
      }
    };
    for (const slice of slicesOf(numbers())) {
      if (slice.length === 0) return;
      const fields = slice.map(({ group, number }) => blockedField(group, number));
      const [ids] = await this.#send(["HMGET", blocked, ...fields]) as [(Buffer | null)[]];
      yield* this.#read("blocked", slice.flatMap((line, i) => ids[i] === null ? [] : [{ id: ids[i]!, line }]));
    }
  }

  /** Reads a sorted set in its order, in pages of members and scores. */
  async *#ranks(key: Key): AsyncGenerator<[member: Buffer, score: number][], void> {
    for (let skip = 0;; skip += PAGE) {
      const [page] = await this.#send(["ZRANGE", key, `${skip}`, `${skip + PAGE - 1}`, "WITHSCORES"]) as [Buffer[]];
      if (page.length === 0) return;
      yield Array.from({ length: page.length / 2 }, (_, i) => [page[2 * i], Number(page[2 * i + 1])]);
    }
  }

  async *#read(state: EventRecord["state"], entries: Entry[]): AsyncGenerator<EventRecord, void> {
    if (entries.length === 0) return;
    const { events, failed, large } = this.#keys;
    const ids = entries.map(({ id }) => id);
    const [values, failures] = await this.#send(["HMGET", events, ...ids], ["HMGET", failed, ...ids]) as [
      (Buffer | null)[],
      (Buffer | null)[],
    ];
    const anyLarge = values.some((value) => value !== null && isLarge(value));
    const [tokens] = anyLarge ? await this.#send(["HMGET", large, ...ids]) as [(Buffer | null)[]] : [[]];
    let unread: Unread[] = [];
    let bytes = 0;
    for (const [i, entry] of entries.entries()) {
      const event = values[i] && this.#unread(state, entry, values[i]!, failures[i], tokens[i]);
      if (!event) continue; // a failed call has left the entry
      unread.push(event);
      bytes += event.bytes;
      if (bytes < MAX_LARGE_BYTES) continue;
      yield* await this.#withContents(unread);
      unread = [];
      bytes = 0;
    }
    yield* await this.#withContents(unread);
  }

  #unread(
    state: EventRecord["state"],
    { id, stamp, dueAt = 0, side = null, line }: Entry,
    value: Buffer,
    failed: Buffer | null,
    large?: Buffer | null,
  ): Unread | undefined {
    const times = readTimes(value);
    const { group, metaBytes, small, largeBytes } = readEvent(value);
    if (stamp !== undefined && !sameBytes(stamp, times.stamp)) return undefined;
    if (line !== undefined && !(times.place === line.number && sameBytes(line.group, group!))) return undefined;
    if (isLarge(value) && !large) throw new QueueChanged(this.#queue);
    const record: EventRecord = {
      state,
      id,
      dueAt,
      side,
      pushedAt: Math.floor(times.pushedAtUs / 1000),
      failures: failed?.readUInt16BE() ?? 0,
      reason: failed?.subarray(2) ?? EMPTY,
      expiresAt: times.expiresAt,
      group,
      isOutside: times.place !== null && times.place <= OUTSIDE,
      meta: null,
      contents: EMPTY,
    };
    if (small !== null) setContents(record, small, metaBytes);
    const token = large ? keyOf(large.subarray(SIZE_BYTES)) : undefined;
    return { record, metaBytes, bytes: largeBytes, token: isLarge(value) ? token : undefined };
  }

  async #withContents(unread: Unread[]): Promise<EventRecord[]> {
    await Promise.all(unread.map(async ({ record, metaBytes, bytes, token }) => {
      if (token === undefined) return;
      const body = await this.#contents(token);
      if (body?.length !== bytes) throw new QueueChanged(this.#queue);
      setContents(record, body, metaBytes);
    }));
    return unread.map(({ record }) => record);
  }

  async #contents(token: string): Promise<Buffer | null> {
    const key = contentsKey(partitionOf(this.#queue), token);
    return (await this.#link.sendApart(key, [["GET", key]]))[0] as Buffer | null;
  }

  #send(...commands: Args[]): Promise<unknown[]> {
    return this.#link.send(String(this.#keys.ready), commands);
  }
}
