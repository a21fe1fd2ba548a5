/**
 * The Redis store. All state is in Redis, so any number of okq instances can share it. Operations travel in batches
 * (`batching/`) to a script in Redis (`script/`).
 *
 * @module
 */
import { settleAll } from "../../core/util/async.ts";
import type { ConsistencyReport } from "../consistency.ts";
import { keyOf } from "../bytes.ts";
import { QueueCounters, type QueueCounts } from "../counters.ts";
import { MAX_CLAIM_BYTES, MAX_CLAIM_COUNT, MAX_STEP_EVENTS } from "../limits.ts";
import { ReadyListeners } from "../ready_listeners.ts";
import { partitionOf } from "../partition.ts";
import type { Policy } from "../policy.ts";
import type {
  BuryResult,
  Claimed,
  Delivery,
  DueTimetable,
  Event,
  EventDetails,
  EventPage,
  EventState,
  FireResult,
  MoveEventResult,
  MoveResult,
  NackOptions,
  PushOptions,
  QueueStatus,
  Reclaimed,
  Side,
  Store,
  StoreOptions,
  Timetable,
  TimetableInfo,
} from "../store.ts";
import type { Batcher, QueueDelta, Replication } from "./batching/batcher.ts";
import { maxBatchBytes } from "./batching/batch.ts";
import { type PartitionGroup, partitionGroups } from "./batching/partition_groups.ts";
import { openLink } from "./connection/connect.ts";
import type { Link } from "./connection/link.ts";
import { checkConsistency } from "./consistency.ts";
import { Consumers } from "./consumers.ts";
import { ClockWatch } from "./clock_watch.ts";
import { activeQueues, findReady } from "./find_queues.ts";
import { channelOf } from "./keys.ts";
import { claimLayout, LayoutWatch, requireLayout } from "./layout.ts";
import { listPage } from "./listing.ts";
import { reclaimGroup } from "./reclaim.ts";
import { bodyOf, readReceipt } from "./script/event_header.ts";
import * as op from "./script/operations.ts";
import { packPolicyChange } from "./script/policy_record.ts";
import { queueLibrary } from "./script/queue_script.ts";
import { Timetables } from "./timetables.ts";
import { DeadLetterTargets, moveEvent, moveEvents } from "./transfers.ts";

const EMPTY = new Uint8Array();
/** The script takes the duration from the policy. */
const BY_POLICY = -1;
/** The script returns contents of any size. */
const ANY_SIZE = -1;

/**
 * @throws {StoreUnavailable} if Redis cannot be reached in time
 * @throws {Error} if this Redis cannot be used, or its data has another layout
 */
export async function openRedisStore(url: string, options: StoreOptions, replication: Replication): Promise<Store> {
  const needs = {
    library: queueLibrary,
    waits: replication.replicas > 0,
    argumentBytes: maxBatchBytes(options.maxEventBytes ?? 0),
  };
  const link = await openLink(url, options, options.readOnly ? undefined : needs);
  try {
    await (options.readOnly ? requireLayout(link) : claimLayout(link));
  } catch (error) {
    link.close();
    throw error;
  }
  return new RedisStore(link, options, replication);
}

class RedisStore implements Store {
  readonly #link: Link;
  readonly #groups: readonly PartitionGroup[];
  /** Of the servers of these groups. */
  readonly #clocks: readonly ClockWatch[];
  /** Of the queues of these groups. */
  readonly #consumers: readonly Consumers[];
  readonly #maxClaimBytes: number;
  readonly #deadLetterTargets = new DeadLetterTargets();
  readonly #counters: QueueCounters;
  readonly #listeners = new ReadyListeners();
  /** Tells this store's notifications from those of other stores. */
  readonly #sender: string = crypto.randomUUID();
  readonly #layout: LayoutWatch;
  readonly #timetables: Timetables;

  constructor(link: Link, options: StoreOptions, replication: Replication) {
    this.#link = link;
    this.#layout = new LayoutWatch(link, options.report);
    this.#counters = new QueueCounters(options.onDead);
    this.#maxClaimBytes = options.maxClaimBytes ?? MAX_CLAIM_BYTES;
    this.#groups = partitionGroups({
      ...options,
      link,
      replication,
      sender: this.#sender,
      onDelta: (key, delta) => this.#applyDelta(key, delta),
    });
    this.#clocks = this.#groups.map(() => new ClockWatch());
    this.#consumers = this.#groups.map((group) => new Consumers(link, group));
    this.#timetables = new Timetables(link, this.#groups, (queue) => this.#groups[this.#groupOf(queue)]);
    link.onReady = () => {
      for (const { batcher } of this.#groups) batcher.wake();
      this.#layout.claim();
    };
  }

  get durability(): string {
    return this.#link.durability;
  }

  get appendOnly(): boolean {
    return this.#link.appendOnly;
  }

  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean> {
    const batcher = this.#batcherFor(queue);
    const { delayMs = 0, ttlMs = 0, group = EMPTY, meta } = options ?? {};
    if (delayMs + ttlMs + group.length === 0 && meta === undefined) {
      return batcher.submit(side === "left" ? op.PUSH_LEFT : op.PUSH_RIGHT, queue, 0, id, contents);
    }
    const operation = side === "left" ? op.PUSH_LEFT_OPTIONS : op.PUSH_RIGHT_OPTIONS;
    return batcher.submit(operation, queue, delayMs, id, bodyOf(contents, meta), ttlMs, group, meta?.length ?? -1);
  }

  async pushAll(
    queue: Uint8Array,
    events: Event[],
    side: Side,
    options: PushOptions = {},
  ): Promise<Uint8Array | null> {
    if (events.length === 0) return null;
    const batcher = this.#batcherFor(queue);
    const { delayMs = 0, ttlMs = 0, group = EMPTY, meta } = options;
    const bodies = events.flatMap(({ id, contents }) => [id, bodyOf(contents, meta)]);
    batcher.makeRoom(bodies.reduce((sum, { length }) => sum + length, 0));
    const operation = side === "left" ? op.PUSH_ALL_LEFT : op.PUSH_ALL_RIGHT;
    const duplicate = await batcher.submit(operation, queue, delayMs, ttlMs, bodies, group, meta?.length ?? -1);
    return duplicate && duplicate.slice();
  }

  peek(queue: Uint8Array, side: Side): Promise<Event | null> {
    return this.#batcherFor(queue).submit(side === "left" ? op.PEEK_LEFT : op.PEEK_RIGHT, queue);
  }

  pop(queue: Uint8Array, leaseMs: number = BY_POLICY): Promise<Event | null> {
    return this.#batcherFor(queue).submit(op.POP, queue, leaseMs);
  }

  claim(
    queue: Uint8Array,
    max: number,
    leaseMs: number = BY_POLICY,
    maxBytes: number = this.#maxClaimBytes,
  ): Promise<Claimed[]> {
    return this.#batcherFor(queue).submit(op.CLAIM, queue, leaseMs, Math.min(max, MAX_CLAIM_COUNT), maxBytes);
  }

  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    if (id.length === 0) return Promise.resolve(0); // no event has an empty id
    if (receipt === undefined) return this.#batcherFor(queue).submit(op.ACK, queue, 0, id);
    return this.#settleDelivery(op.ACK_DELIVERY, queue, 0, id, receipt);
  }

  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    return this.#settleDelivery(op.REDO, queue, 0, id, receipt);
  }

  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number> {
    return this.#settleDelivery(op.RELEASE, queue, 0, id, receipt);
  }

  ackAll(queue: Uint8Array, deliveries: Delivery[]): Promise<number> {
    const valid = deliveries.flatMap(({ id, receipt }) => {
      const delivery = readReceipt(receipt);
      return delivery === null ? [] : [id, delivery];
    });
    if (valid.length === 0) return Promise.resolve(0);
    return this.#batcherFor(queue).submit(op.ACK_ALL, queue, 0, valid);
  }

  bury(queue: Uint8Array, id: Uint8Array): Promise<BuryResult> {
    return this.#deadLetterTargets.bury(this.#batcherFor(queue), queue, id);
  }

  nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options?: NackOptions): Promise<number> {
    return this.#deadLetterTargets.nack(this.#batcherFor(queue), queue, id, receipt, options);
  }

  endDelay(queue: Uint8Array, id: Uint8Array): Promise<number> {
    return this.#batcherFor(queue).submit(op.END_DELAY, queue, 0, id);
  }

  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number> {
    return this.#settleDelivery(op.TOUCH, queue, leaseMs, id, receipt);
  }

  async flush(queue: Uint8Array): Promise<void> {
    await this.#batcherFor(queue).submit(op.FLUSH, queue);
  }

  ready(queue: Uint8Array): Promise<number> {
    return this.#batcherFor(queue).submit(op.READY, queue);
  }

  async status(queue: Uint8Array): Promise<QueueStatus> {
    const figures = await this.#batcherFor(queue).submit(op.STATUS, queue);
    return { queue, ...figures, ...this.#counters.of(queue) };
  }

  counts(): QueueCounts {
    return { ...this.#counters.total };
  }

  async active(): Promise<Uint8Array[]> {
    return (await Promise.all(this.#groups.map((group) => activeQueues(this.#link, group)))).flat();
  }

  register(queue: Uint8Array, consumers: number): Promise<void> {
    return this.#consumers[this.#groupOf(queue)].register(queue, consumers);
  }

  // An unreachable part of a Cluster does not keep the others waiting.
  async renew(): Promise<void> {
    await settleAll(this.#consumers.map((consumers) => consumers.renew()));
  }

  async forgetDead(): Promise<void> {
    await settleAll(this.#consumers.map((consumers) => consumers.forgetDead()));
  }

  async findReady(queues: Uint8Array[], onReady: (queue: Uint8Array, events: number) => void): Promise<void> {
    const byGroup = Map.groupBy(queues, (queue) => this.#groupOf(queue));
    await settleAll([...byGroup].map(([i, queues]) => findReady(this.#link, this.#groups[i], queues, onReady)));
  }

  time(): Promise<number> {
    return this.#timetables.time();
  }

  /** A sum: the servers of a Cluster have clocks of their own. */
  get minute(): number {
    return this.#clocks.reduce((sum, { minute }) => sum + minute, 0);
  }

  setTimetable(timetable: Timetable): Promise<boolean> {
    return this.#timetables.set(timetable);
  }

  deleteTimetable(queue: Uint8Array, name: Uint8Array): Promise<boolean> {
    return this.#timetables.delete(queue, name);
  }

  timetable(queue: Uint8Array, name: Uint8Array): Promise<Timetable | null> {
    return this.#timetables.get(queue, name);
  }

  timetables(queue?: Uint8Array): Promise<TimetableInfo[]> {
    return this.#timetables.list(queue);
  }

  dueTimetables(): Promise<DueTimetable[]> {
    return this.#timetables.due();
  }

  fireTimetable(queue: Uint8Array, name: Uint8Array, due: number, id: Uint8Array, next: number): Promise<FireResult> {
    return this.#timetables.fire(queue, name, due, id, next);
  }

  async reclaim(): Promise<Reclaimed> {
    this.#layout.claimIfDue();
    const reclaimed = await settleAll(
      this.#groups.map((group, i) => reclaimGroup(this.#link, group, this.#clocks[i], this.#deadLetterTargets)),
    );
    const total: Reclaimed = { ready: 0, lateMs: 0 };
    for (const { ready, lateMs } of reclaimed) {
      total.ready += ready;
      total.lateMs = Math.max(total.lateMs, lateMs);
    }
    return total;
  }

  /** Messages of this store are ignored: its own batches' replies arrive earlier. */
  async watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>> {
    const unsubscribe = await this.#link.subscribe(channelOf(queue, this.#link.channelPrefix), (message) => {
      const [sender, events, waitMs] = message.split(" ");
      if (sender === this.#sender) return;
      if (waitMs === undefined) onReady(Number(events));
      else this.#listeners.notifyAfter(keyOf(queue), Number(waitMs));
    });
    const removeListener = this.#listeners.add(queue, onReady);
    return () => {
      removeListener();
      return unsubscribe();
    };
  }

  policy(queue: Uint8Array): Promise<Policy> {
    return this.#batcherFor(queue).submit(op.POLICY, queue);
  }

  async setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void> {
    await this.#batcherFor(queue).submit(op.SET_POLICY, queue, 0, packPolicyChange(change));
  }

  async pause(queue: Uint8Array, forMs: number): Promise<void> {
    await this.#batcherFor(queue).submit(op.PAUSE, queue, forMs);
  }

  async resume(queue: Uint8Array): Promise<void> {
    await this.#batcherFor(queue).submit(op.RESUME, queue);
  }

  move(source: Uint8Array, destination: Uint8Array, count: number, skip: number): Promise<MoveResult> {
    return moveEvents(this.#batcherFor(source), source, destination, Math.min(count, MAX_STEP_EVENTS), skip);
  }

  moveEvent(source: Uint8Array, destination: Uint8Array, id: Uint8Array): Promise<MoveEventResult> {
    return moveEvent(this.#batcherFor(source), source, destination, id);
  }

  list(
    queue: Uint8Array,
    state: EventState | undefined,
    cursor: string,
    count: number,
    from: Side = "right",
  ): Promise<EventPage> {
    return listPage(this.#batcherFor(queue), queue, state, cursor, Math.min(count, MAX_STEP_EVENTS), from);
  }

  get(queue: Uint8Array, id: Uint8Array, maxBytes: number = ANY_SIZE): Promise<EventDetails | null> {
    if (id.length === 0) return Promise.resolve(null);
    return this.#batcherFor(queue).submit(op.GET, queue, maxBytes, id);
  }

  check(): Promise<ConsistencyReport> {
    return checkConsistency(this.#link, (queue) => this.#groups[this.#groupOf(queue)]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#groups.map(({ batcher }) => batcher.close()));
    this.#listeners.close();
    this.#link.close();
  }

  #batcherFor(queue: Uint8Array): Batcher {
    return this.#groups[this.#groupOf(queue)].batcher;
  }

  /** Its index. */
  #groupOf(queue: Uint8Array): number {
    return this.#groups.length === 1 ? 0 : partitionOf(queue);
  }

  #applyDelta(key: string, delta: QueueDelta): void {
    this.#counters.add(key, delta);
    if (delta.ready > 0) this.#listeners.notify(key, delta.ready);
    else if (delta.waitMs > 0) this.#listeners.notifyAfter(key, delta.waitMs);
  }

  /** An invalid receipt matches no delivery. */
  #settleDelivery(
    operation: op.Operation<[id: Uint8Array, receipt: Uint8Array], number>,
    queue: Uint8Array,
    parameter: number,
    id: Uint8Array,
    receipt?: Uint8Array,
  ): Promise<number> {
    const delivery = receipt === undefined ? EMPTY : readReceipt(receipt);
    if (delivery === null) return Promise.resolve(0);
    return this.#batcherFor(queue).submit(operation, queue, parameter, id, delivery);
  }
}
