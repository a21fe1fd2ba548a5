/**
 * Timetables in Redis. `script/lua/timetables.lua` describes what is stored of them.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { slicesOf } from "../../core/util/slices.ts";
import { compareBytes, keyOf } from "../bytes.ts";
import type { DueTimetable, FireResult, Timetable, TimetableInfo } from "../store.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import { type Args, type Link, scanAll } from "./connection/link.ts";
import { firstTimers } from "./reclaim.ts";
import { bodyOf } from "./script/event_header.ts";
import { DELETE_TIMETABLE, FIRE_TIMETABLE, SET_TIMETABLE, TIMETABLE } from "./script/operations.ts";

/** Due timetables read in one step, of each group of partitions. */
const MAX_DUE = 100;

const EMPTY = new Uint8Array();

type GroupOf = (queue: Uint8Array) => PartitionGroup;

export class Timetables {
  readonly #link: Link;
  readonly #groups: readonly PartitionGroup[];
  readonly #groupOf: GroupOf;

  constructor(link: Link, groups: readonly PartitionGroup[], groupOf: GroupOf) {
    this.#link = link;
    this.#groups = groups;
    this.#groupOf = groupOf;
  }

  async time(): Promise<number> {
    return (await firstTimers(this.#link, this.#groups[0].keys.schedule, 1)).now;
  }

  set({ queue, name, expression, zone, group, meta, contents, nextAt, lastAt }: Timetable): Promise<boolean> {
    const [body, rule] = [bodyOf(contents, meta ?? undefined), Buffer.from(`${zone} ${expression}`)];
    const times: [number, number] = [nextAt, lastAt ?? 0];
    const { batcher } = this.#groupOf(queue);
    return batcher.submit(SET_TIMETABLE, queue, 0, name, body, rule, group ?? EMPTY, meta?.length ?? -1, ...times);
  }

  async delete(queue: Uint8Array, name: Uint8Array): Promise<boolean> {
    return await this.#groupOf(queue).batcher.submit(DELETE_TIMETABLE, queue, 0, name);
  }

  async get(queue: Uint8Array, name: Uint8Array): Promise<Timetable | null> {
    for (let before = "";;) {
      const { record, nextAt, key } = await this.#groupOf(queue).batcher.submit(TIMETABLE, queue, 0, name);
      if (record === null) return null;
      const { metaBytes, body, info } = readTimetable(queue, name, Buffer.from(record), nextAt);
      const { size: _size, ...timetable } = info;
      const whole = key === null ? body : await this.#read(Buffer.from(key));
      if (whole !== null) {
        const meta = metaBytes < 0 ? null : whole.subarray(0, metaBytes);
        return { ...timetable, meta, contents: whole.subarray(Math.max(metaBytes, 0)) };
      }
      // The timetable was replaced or deleted meanwhile, and its large contents with it.
      if (keyOf(record) === before) throw new Error("Redis has lost the contents of a timetable");
      before = keyOf(record);
    }
  }

  async list(queue?: Uint8Array): Promise<TimetableInfo[]> {
    const groups = queue === undefined ? this.#groups : [this.#groupOf(queue)];
    const found = (await Promise.all(groups.map((group) => this.#listOf(group, queue)))).flat();
    return found.sort((a, b) => compareBytes(a.queue, b.queue) || compareBytes(a.name, b.name));
  }

  async due(): Promise<DueTimetable[]> {
    return (await Promise.all(this.#groups.map((group) => this.#dueOf(group)))).flat();
  }

  fire(queue: Uint8Array, name: Uint8Array, dueAt: number, id: Uint8Array, nextAt: number): Promise<FireResult> {
    return this.#groupOf(queue).batcher.submit(FIRE_TIMETABLE, queue, 0, name, dueAt, id, nextAt);
  }

  async #read(key: Buffer): Promise<Buffer | null> {
    return (await this.#link.sendApart(String(key), [["GET", key]]))[0] as Buffer | null;
  }

  async #listOf({ batcher, keys }: PartitionGroup, queue: Uint8Array | undefined): Promise<TimetableInfo[]> {
    const send = async (args: Args) => (await batcher.call(() => this.#link.send(keys.timetables, [args])))[0];
    const found = new Map<string, { field: Buffer; info: TimetableInfo }>();
    const match = queue === undefined ? [] : ["MATCH", fieldsOf(queue)];
    await scanAll(send, ["HSCAN", keys.timetables, ...match], (items) => {
      for (let i = 0; i < items.length; i += 2) {
        const { queue, name } = readField(items[i]);
        found.set(keyOf(items[i]), { field: items[i], info: readTimetable(queue, name, items[i + 1], 0).info });
      }
    });
    const infos: TimetableInfo[] = [];
    for (const slice of slicesOf(found.values())) {
      if (slice.length === 0) break;
      const times = await send(["ZMSCORE", keys.schedule, ...slice.map(({ field }) => field)]) as (Buffer | null)[];
      for (const [i, { info }] of slice.entries()) {
        if (times[i] !== null) infos.push({ ...info, nextAt: Number(keyOf(times[i])) });
      }
    }
    return infos;
  }

  async #dueOf({ keys }: PartitionGroup): Promise<DueTimetable[]> {
    const { now, timers } = await firstTimers(this.#link, keys.schedule, MAX_DUE);
    const due = timers.filter(({ at }) => at <= now);
    if (due.length === 0) return [];
    const fields = due.map(({ member }) => member);
    const [records] = await this.#link.send(keys.timetables, [["HMGET", keys.timetables, ...fields]]) as [
      (Buffer | null)[],
    ];
    return due.flatMap(({ member, at }, i) => {
      const record = records[i];
      if (record === null) return []; // deleted meanwhile
      const { queue, name } = readField(member);
      const { expression, zone } = readTimetable(queue, name, record, at).info;
      return [{ queue, name, expression, zone, nextAt: at, now }];
    });
  }
}

/** What a field of `okq:timetables` names. */
export function readField(field: Buffer): { queue: Buffer; name: Buffer } {
  const end = 2 + field.readUInt16BE();
  return { queue: field.subarray(2, end), name: field.subarray(end) };
}

/** Pattern of all fields of a queue. */
export function fieldsOf(queue: Uint8Array): Buffer {
  const prefix = fieldOf(queue, EMPTY).toString("latin1");
  return Buffer.from(`${prefix.replace(/[*?[\]\\^-]/g, "\\$&")}*`, "latin1");
}

/** What {@linkcode readField} reads. */
export function fieldOf(queue: Uint8Array, name: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(queue.length);
  return Buffer.concat([length, queue, name]);
}

/** The record of a timetable. @param token of its meta and contents, if they are large; otherwise undefined */
export function packTimetable(
  { expression, zone, group, meta, contents, lastAt }: Omit<Timetable, "queue" | "name" | "nextAt">,
  token: string | undefined,
): Buffer {
  const [rule, key] = [Buffer.from(`${zone} ${expression}`), group ?? EMPTY];
  const body = bodyOf(contents, meta ?? undefined);
  const head = Buffer.alloc(6 + 2 + rule.length + 2 + key.length + 2 + 4);
  let at = head.writeUIntBE(lastAt ?? 0, 0, 6);
  for (const part of [rule, key]) {
    at = head.writeUInt16BE(part.length, at);
    head.set(part, at);
    at += part.length;
  }
  at = head.writeUInt16BE(meta === null ? 0 : meta.length + 1, at);
  head.writeUInt32BE(token === undefined ? 0 : body.length, at);
  return Buffer.concat([head, token === undefined ? body : Buffer.from(token)]);
}

/** `body` is meta and contents, if these are small; else the token of these. `metaBytes` is -1 without meta. */
export function readTimetable(
  queue: Uint8Array,
  name: Uint8Array,
  record: Buffer,
  nextAt: number,
): { info: TimetableInfo; metaBytes: number; body: Buffer; isLarge: boolean } {
  let at = 6;
  const counted = () => record.subarray(at += 2, at += record.readUInt16BE(at - 2));
  const [rule, group] = [counted(), counted()];
  const metaBytes = record.readUInt16BE(at) - 1;
  const largeBytes = record.readUInt32BE(at + 2);
  const body = record.subarray(at + 6);
  const [, zone, expression] = /^(\S+) (.*)$/.exec(keyOf(rule))!;
  const size = (largeBytes || body.length) - Math.max(metaBytes, 0);
  const lastAt = record.readUIntBE(0, 6) || null;
  const info = { queue, name, expression, zone, group: group.length > 0 ? group : null, nextAt, lastAt, size };
  return { info, metaBytes, body, isLarge: largeBytes > 0 };
}
