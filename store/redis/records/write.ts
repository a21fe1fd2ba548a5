/**
 * Writes records into a Redis: each array of them by one call of a script that applies plain commands.
 *
 * @module
 */
import { Buffer, createHash } from "../../../deps.ts";
import { slicesOf } from "../../../core/util/slices.ts";
import { keyOf } from "../../bytes.ts";
import { partitionOf } from "../../partition.ts";
import { isDefaultPolicy } from "../../policy.ts";
import {
  type DoneRecord,
  DuplicateId,
  type EventRecord,
  type Progress,
  type QueueRecord,
  type RecordWriter,
  type SettingsRecord,
  type TimetableRecord,
} from "../../records.ts";
import type { StoreOptions } from "../../store.ts";
import { MAX_SMALL_CONTENTS_BYTES, maxBatchBytes } from "../batching/batch.ts";
import { openLink } from "../connection/connect.ts";
import type { Args } from "../connection/link.ts";
import { ALL_KEYS, contentsKey, type Key, LAYOUT_KEY, type SharedKeys } from "../keys.ts";
import { readFillState, setFillState } from "../layout.ts";
import { AT_ONCE, bodyOf, NOT_JOINED, OUTSIDE, SIZE_BYTES, valueOf } from "../script/event_header.ts";
import { addTimetables, packPolicyRecord } from "../script/policy_record.ts";
import { queueLibrary } from "../script/queue_script.ts";
import { Script } from "../script/script.ts";
import { fieldOf, packTimetable } from "../timetables.ts";
import {
  blockedField,
  ENTER,
  type GroupState,
  keysByKind,
  laterEntry,
  packGroupState,
  readGroupState,
  sharedKeysFor,
  sharedKeysOf,
} from "./layout.ts";
import { RedisRecordReader } from "./read.ts";
import writeSource from "./write.lua" with { type: "text" };

const script = new Script(writeSource);

/** Keys that are in memory together. */
const MAX_REMOVED = 100_000;

/** Other entries of `later`, as `lua/prelude.lua` names them. */
const EXPIRE = "x";
const RESUME = "p";
const LET_IN = "g";

/**
 * @throws {StoreUnavailable} if it cannot be reached in time
 * @throws {Error} if the URL is invalid, or okq cannot use this Redis
 */
export async function openRedisWriter(url: string, options: StoreOptions): Promise<RecordWriter> {
  const argumentBytes = maxBatchBytes(options.maxEventBytes ?? 0);
  return new RedisRecordWriter(await openLink(url, options, { library: queueLibrary, waits: false, argumentBytes }));
}

class RedisRecordWriter extends RedisRecordReader implements RecordWriter {
  async begin(): Promise<void> {
    if (await readFillState(this.link) === "discarding") await this.discard();
    if (await readFillState(this.link) === "loading") return;
    let found: string | undefined;
    await this.link.scan(ALL_KEYS, (keys) => {
      found ??= keys.map(String).find((key) => key !== LAYOUT_KEY);
    });
    if (found !== undefined) {
      throw new Error("Cannot fill this store: it holds okq data already; use an empty database");
    }
    await setFillState(this.link, "loading");
  }

  async progress(queue: Uint8Array): Promise<Progress | null> {
    const { loading } = this.#sharedKeys(queue);
    const [text] = await this.link.send(loading, [["HGET", loading, Buffer.from(queue)]]);
    if (text === null) return null;
    const [records, digest] = String(text).split(" ");
    return { records: Number(records), digest };
  }

  async write(
    queue: Uint8Array,
    records: QueueRecord[],
    written: Progress | null,
    progress: Progress,
  ): Promise<void> {
    const { loading, queues, timers, timetables, schedule } = this.#sharedKeys(queue);
    const keys = keysByKind(queue);
    const { groups, policyRecord } = await this.#read(queue, records);
    const step = new Step(queue, records, written?.records ?? 0, groups, policyRecord);
    await Promise.all(step.largeContents.map(([key, body]) => this.link.send(key, [["SET", key, body]])));
    // Those of dead letters alone have no state.
    const states = [...groups.values()].filter(({ state: { held, blocked } }) => held + blocked > 0);
    const commands: [name: string, key: Key, ...args: Key[]][] = [
      ["LPUSH", keys.ready, ...step.ready],
      ["ZADD", keys.leases, ...step.leases],
      ["ZADD", keys.later, ...step.later],
      ["HSET", keys.failed, ...step.failed],
      ["HSET", keys.large, ...step.large],
      ["HSET", keys.groups, ...states.flatMap(({ key, state }) => [key, packGroupState(state)])],
      ["HSET", keys.blocked, ...step.blocked],
      ["HSET", keys.events, ...step.events],
      ["ZADD", keys.done, ...step.done],
      ["HSET", timetables, ...step.timetables],
      ["ZADD", schedule, ...step.schedule],
      ["SADD", queues, Buffer.from(queue)],
    ];
    if (step.firstDue < Infinity) commands.push(["ZADD", timers, "LT", `${step.firstDue}`, Buffer.from(queue)]);
    const used = commands.filter(([, , ...args]) => args.length > 0);
    const [done] = await script.call(
      this.link,
      loading,
      [loading, ...used.map(([, key]) => key)],
      [Buffer.from(queue), textOf(written), textOf(progress), ...used.flatMap(packCommand)],
    );
    if (done === 0) throw new Error("Cannot go on: another migration or load writes into the same Redis");
  }

  async finish(): Promise<void> {
    await setFillState(this.link, "idle");
    for (const { loading } of sharedKeysOf(this.link)) await this.link.send(loading, [["UNLINK", loading]]);
  }

  async discard(): Promise<void> {
    await setFillState(this.link, "discarding");
    while (true) {
      const found: Buffer[] = [];
      await this.link.scan(ALL_KEYS, (keys) => {
        for (const key of keys) if (String(key) !== LAYOUT_KEY && found.length < MAX_REMOVED) found.push(key);
      });
      if (found.length === 0) break;
      for (const slice of slicesOf(found)) {
        await Promise.all(slice.map((key) => this.link.send(String(key), [["UNLINK", key]])));
      }
    }
    await this.link.send(LAYOUT_KEY, [["UNLINK", LAYOUT_KEY]]);
  }

  /**
   * Returns what is stored of a queue and of the groups of events.
   * @throws {DuplicateId}
   */
  async #read(
    queue: Uint8Array,
    records: QueueRecord[],
  ): Promise<{ groups: Groups; policyRecord: Buffer | null }> {
    const { events, done, groups } = keysByKind(queue);
    const held = records.filter((record) => "pushedAt" in record);
    const remembered = records.filter(({ state }) => state === "done") as DoneRecord[];
    const members = new Map(held.flatMap(({ group }) => group ? [[keyOf(group), Buffer.from(group)] as const] : []));
    const fields = [...members.values()];
    const commands: Args[] = [
      ["HMGET", events, "", ...idsOf(held)],
      ["ZMSCORE", done, ...idsOf(remembered)],
      ["HMGET", groups, ...fields],
    ];
    const used = commands.filter(({ length }) => length > 2);
    const replies = await this.link.send(String(events), used) as (Buffer | null)[][];
    const [[policyRecord, ...values], scores, states] = commands.map((command) => replies[used.indexOf(command)] ?? []);
    for (const [list, found] of [[held, values], [remembered, scores]] as const) {
      const seen = new Set<string>();
      for (const [i, { id }] of list.entries()) {
        if (found[i] !== null || seen.size === seen.add(keyOf(id)).size) throw new DuplicateId(id);
      }
    }
    const groupsFound = fields.map((key, i) => [keyOf(key), { key, state: readGroupState(states[i]) }] as const);
    return { groups: new Map(groupsFound), policyRecord };
  }

  #sharedKeys(queue: Uint8Array): SharedKeys {
    return sharedKeysFor(this.link.batchers, partitionOf(queue));
  }
}

type Groups = Map<string, { key: Buffer; state: GroupState }>;

/** The arguments of the commands that write some records. */
class Step {
  readonly ready: Key[] = [];
  readonly leases: Key[] = [];
  readonly later: Key[] = [];
  readonly failed: Key[] = [];
  readonly large: Key[] = [];
  readonly blocked: Key[] = [];
  readonly events: Key[] = [];
  readonly done: Key[] = [];
  readonly timetables: Key[] = [];
  readonly schedule: Key[] = [];
  /** To be stored before. */
  readonly largeContents: [key: string, body: Buffer][] = [];
  /** When the reclaimer must look at the queue. */
  firstDue = Infinity;
  readonly #queue: Uint8Array;
  readonly #groups: Groups;
  #policyRecord: Uint8Array | null;

  /**
   * @param first number of records of the queue that were written before
   * @param groups of the events; these are added
   * @param policyRecord as it was before
   */
  constructor(
    queue: Uint8Array,
    records: QueueRecord[],
    first: number,
    groups: Groups,
    policyRecord: Uint8Array | null,
  ) {
    this.#queue = queue;
    this.#groups = groups;
    this.#policyRecord = policyRecord;
    for (const [i, record] of records.entries()) {
      if (record.state === "settings") this.#addSettings(record);
      else if (record.state === "timetable") this.#addTimetable(record, first + i);
      else if (record.state === "done") this.done.push(this.#due(record.dueAt), Buffer.from(record.id));
      else this.#addEvent(record, first + i);
    }
    const count = this.schedule.length / 2;
    const record = count > 0 ? addTimetables(this.#policyRecord, count) : this.#policyRecord;
    if (record !== null && record !== policyRecord) this.events.push("", Buffer.from(record));
  }

  #addSettings({ policy, pausedUntil }: SettingsRecord): void {
    if (isDefaultPolicy(policy) && pausedUntil === 0) return;
    const isEndless = pausedUntil === Infinity;
    this.#policyRecord = packPolicyRecord(policy, isEndless ? -1 : pausedUntil, policy.rate > 0 ? Date.now() : 0);
    if (pausedUntil > 0 && !isEndless) this.later.push(this.#due(pausedUntil), RESUME);
  }

  #addTimetable(timetable: TimetableRecord, number: number): void {
    const { name, meta, contents, nextAt } = timetable;
    const body = Buffer.from(bodyOf(contents, meta ?? undefined));
    const token = body.length > MAX_SMALL_CONTENTS_BYTES ? this.#tokenOf(number) : undefined;
    if (token !== undefined) this.#storeLarge(token, body);
    const field = fieldOf(this.#queue, name);
    this.timetables.push(field, packTimetable(timetable, token));
    this.schedule.push(`${nextAt}`, field);
  }

  #addEvent(event: EventRecord, number: number): void {
    const { state, dueAt, side, failures, reason, expiresAt, group, meta, contents } = event;
    const id = Buffer.from(event.id);
    const place = this.#join(event, id);
    const body = bodyOf(contents, meta ?? undefined);
    const isLarge = body.length > MAX_SMALL_CONTENTS_BYTES;
    const times = { pushedAtUs: event.pushedAt * 1000, expiresAt, place };
    this.events.push(id, valueOf(times, { group, metaBytes: meta?.length ?? -1 }, body, isLarge));
    if (isLarge) this.#addLarge(id, Buffer.from(body), number);
    if (failures > 0) {
      const failed = Buffer.concat([Buffer.alloc(2), reason]);
      failed.writeUInt16BE(failures);
      this.failed.push(id, failed);
    }
    if (expiresAt !== null) this.later.push(this.#due(expiresAt), laterEntry(EXPIRE, id));
    if (state === "ready") this.ready.push(id);
    else if (state === "processing") this.leases.push(this.#due(dueAt), id);
    else if (state === "delayed") this.later.push(this.#due(dueAt), laterEntry(String.fromCharCode(ENTER[side!]), id));
  }

  /** Returns the place of an event in its group, if it has one. */
  #join({ state, group, isOutside, failures }: EventRecord, id: Buffer): number | null {
    if (group === null) return null;
    if (isOutside) return state === "delayed" && failures === 0 ? NOT_JOINED : OUTSIDE;
    const { key, state: of } = this.#groups.get(keyOf(group))!;
    if (state !== "blocked") {
      of.held++;
      if (state === "processing") of.out++;
      return AT_ONCE;
    }
    const number = of.last++;
    of.blocked++;
    if (this.blocked.length === 0) this.later.push(this.#due(0), LET_IN); // in case that none of a group holds a place
    this.blocked.push(blockedField(key, number), id);
    return number;
  }

  #addLarge(id: Buffer, body: Buffer, number: number): void {
    const token = this.#tokenOf(number);
    const contents = Buffer.alloc(SIZE_BYTES + token.length);
    contents.writeUInt32BE(body.length);
    contents.write(token, SIZE_BYTES);
    this.large.push(id, contents);
    this.#storeLarge(token, body);
  }

  /** Always the same, so that a repeated step overwrites what an interrupted one has left. */
  #tokenOf(number: number): string {
    return `load-${createHash("sha1").update(this.#queue).digest("hex")}-${number}`;
  }

  #storeLarge(token: string, body: Buffer): void {
    this.largeContents.push([contentsKey(partitionOf(this.#queue), token), body]);
  }

  #due(ms: number): string {
    this.firstDue = Math.min(this.firstDue, ms);
    return `${ms}`;
  }
}

function idsOf(records: { id: Uint8Array }[]): Buffer[] {
  return records.map(({ id }) => Buffer.from(id));
}

function textOf(progress: Progress | null): string {
  return progress === null ? "" : `${progress.records} ${progress.digest}`;
}

/** As `write.lua` takes it. */
function packCommand([name, , ...args]: [name: string, key: Key, ...args: Key[]], index: number): Key[] {
  return [`${args.length}`, name, `${index + 2}`, ...args];
}
