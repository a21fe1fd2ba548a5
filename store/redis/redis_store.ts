/**
 * Events in Redis. All of okq's state is there, so any number of okq instances may share it; what runs in Redis is the
 * script in `lua/`.
 *
 * @module
 */
import type { StoreCheck } from "../check.ts";
import {
  type Claimed,
  CONSUMER_TTL_MS,
  type Event,
  type EventDetails,
  type EventPage,
  type EventState,
  MOST_AT_ONCE,
  MOST_CLAIMED,
  type Moved,
  type NackOptions,
  type PushOptions,
  QueueFull,
  type QueueStatus,
  type Side,
  type Store,
  type StoreOptions,
  StoreUnavailable,
} from "../store.ts";
import { Counts } from "../counts.ts";
import type { Policy } from "../policy.ts";
import type { Argument, Batch, Told } from "./batch.ts";
import { partitionOf, PARTITIONS } from "../partition.ts";
import { checkRedis } from "./check.ts";
import { openLink } from "./connect.ts";
import { DeadQueues } from "./dead_queues.ts";
import dueSource from "./due.lua" with { type: "text" };
import { readReceipt } from "./head.ts";
import { channelOf, queuesKey, timersKey } from "./keys.ts";
import { checkLayout, findLayout } from "./layout.ts";
import { Lane } from "./lane.ts";
import { errorFromRedis, type Link } from "./link.ts";
import { listPage } from "./listing.ts";
import * as op from "./operations.ts";
import { queueScript } from "./queue_script.ts";
import { packChange } from "./record.ts";
import { Script } from "./script.ts";
import { UnusableRedis } from "./survey.ts";
import { Watches } from "../watches.ts";

/** Leases that one operation ends at the most, and as many of all else that is due: Redis is held for milliseconds. */
const RECLAIM_AT_ONCE = 1000;
/** Queues that are looked at in one round of the reclaimer at the most, for each partition. */
const DUE_AT_ONCE = 100;

const dueScript = new Script(dueSource);
const text = new TextEncoder();
const NONE = new Uint8Array();
/** The time that a queue's policy says. */
const BY_POLICY = -1;

/** How many replicas must have what a client is told is stored. */
export interface Replication {
  /** How many replicas besides the master; 0 does not ask. */
  replicas: number;
  /** How long they may take, in milliseconds. */
  timeoutMs: number;
}

/**
 * Opens the store in the Redis at `url`; `address.ts` says what it may be.
 * @throws {StoreUnavailable} if Redis cannot be reached in time
 * @throws {Error} if that Redis cannot be used, or its data was written by an okq with another layout
 */
export async function openRedisStore(url: string, options: StoreOptions, replication: Replication): Promise<Store> {
  const link = await openLink(url, options);
  try {
    await (options.readOnly ? findLayout(link) : checkLayout(link));
  } catch (error) {
    link.close();
    throw error;
  }
  return new RedisStore(link, options, replication);
}

/** Some partitions that can be reached together, and the lane of their operations. */
interface Section {
  lane: Lane;
  timers: string[];
  queues: string[];
}

class RedisStore implements Store {
  #link: Link;
  #replication: Replication;
  #sections: Section[];
  #watches = new Watches();
  #counts = new Counts();
  #deadQueues = new DeadQueues();
  /** Tells our messages from those of other stores on this Redis. */
  #self: string = crypto.randomUUID();

  constructor(link: Link, options: StoreOptions, replication: Replication) {
    this.#link = link;
    this.#replication = replication;
    this.#sections = Array.from({ length: link.lanes }, (_, section) => {
      const partitions = Array.from({ length: PARTITIONS / link.lanes }, (_, i) => section + i);
      return {
        lane: new Lane((batch) => this.#run(batch), options.timeoutMs, options.observe),
        timers: partitions.map(timersKey),
        queues: partitions.map(queuesKey),
      };
    });
    link.onReady = () => {
      for (const { lane } of this.#sections) lane.wake();
      checkLayout(link).catch((error) => error instanceof UnusableRedis && options.report("warn", error.message));
    };
  }

  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean> {
    const lane = this.#laneOf(queue);
    if (!options?.delayMs && !options?.ttlMs) {
      return lane.submit(side === "left" ? op.PUSH_LEFT : op.PUSH_RIGHT, queue, 0, id, contents);
    }
    const operation = side === "left" ? op.PUSH_LEFT_WITH : op.PUSH_RIGHT_WITH;
    return lane.submit(operation, queue, options.delayMs ?? 0, id, contents, options.ttlMs ?? 0);
  }

  peek(queue: Uint8Array, side: Side): Promise<Event | null> {
    return this.#laneOf(queue).submit(side === "left" ? op.PEEK_LEFT : op.PEEK_RIGHT, queue);
  }

  pop(queue: Uint8Array, leaseMs: number = BY_POLICY): Promise<Event | null> {
    return this.#laneOf(queue).submit(op.POP, queue, leaseMs);
  }

  claim(queue: Uint8Array, most: number, leaseMs: number = BY_POLICY): Promise<Claimed[]> {
    return this.#laneOf(queue).submit(op.CLAIM, queue, leaseMs, Math.min(most, MOST_CLAIMED));
  }

  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    if (receipt === undefined) return this.#laneOf(queue).submit(op.ACK, queue, 0, id);
    return this.#settle(op.ACK_DELIVERY, queue, 0, id, receipt);
  }

  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    return this.#settle(op.REDO, queue, 0, id, receipt);
  }

  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number> {
    return this.#settle(op.RELEASE, queue, 0, id, receipt);
  }

  async nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options: NackOptions = {}): Promise<number> {
    const delivery = receipt === undefined ? NONE : readReceipt(receipt);
    if (delivery === null) return 0;
    const { delayMs = BY_POLICY, reason = NONE } = options;
    const { done } = await this.#deadQueues.with(
      queue,
      true,
      (dead) => this.#laneOf(queue).submit(op.NACK, queue, delayMs, id, delivery, reason, dead),
    );
    return done;
  }

  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number> {
    return this.#settle(op.TOUCH, queue, leaseMs, id, receipt);
  }

  async flush(queue: Uint8Array): Promise<void> {
    await this.#laneOf(queue).submit(op.FLUSH, queue);
  }

  ready(queue: Uint8Array): Promise<number> {
    return this.#laneOf(queue).submit(op.READY, queue);
  }

  async status(queue: Uint8Array): Promise<QueueStatus> {
    const figures = await this.#laneOf(queue).submit(op.STATUS, queue);
    return { queue, ...figures, ...this.#counts.of(queue) };
  }

  async active(): Promise<Uint8Array[]> {
    const sections = await Promise.all(
      this.#sections.map(({ lane, queues }) => lane.inTurn(() => this.#link.send(queues[0], [["SUNION", ...queues]]))),
    );
    return sections.flatMap(([names]) => names as Uint8Array[]);
  }

  async register(queue: Uint8Array, instance: string, consumers: number): Promise<void> {
    const count = text.encode(String(consumers));
    await this.#laneOf(queue).submit(op.REGISTER, queue, CONSUMER_TTL_MS, text.encode(instance), count);
  }

  async reclaim(): Promise<number> {
    // A part of a Cluster that cannot be reached does not keep the others waiting.
    const sections = await Promise.allSettled(this.#sections.map((section) => this.#reclaimSection(section)));
    let reclaimed = 0;
    for (const section of sections) {
      if (section.status === "rejected") throw section.reason;
      reclaimed += section.value;
    }
    return reclaimed;
  }

  /** What this store does itself it tells when it has the result: the message comes later, and is for the others. */
  async watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>> {
    const unsubscribe = await this.#link.subscribe(channelOf(queue, this.#link.channelPrefix), (message) => {
      const [teller, events] = message.split(" ");
      if (teller !== this.#self) onReady(Number(events));
    });
    const unwatch = this.#watches.add(queue, onReady);
    return () => {
      unwatch();
      return unsubscribe();
    };
  }

  policy(queue: Uint8Array): Promise<Policy> {
    return this.#laneOf(queue).submit(op.POLICY, queue);
  }

  async setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void> {
    await this.#laneOf(queue).submit(op.SET_POLICY, queue, 0, packChange(change));
  }

  async pause(queue: Uint8Array, forMs: number): Promise<void> {
    await this.#laneOf(queue).submit(op.PAUSE, queue, forMs);
  }

  async resume(queue: Uint8Array): Promise<void> {
    await this.#laneOf(queue).submit(op.RESUME, queue);
  }

  async move(source: Uint8Array, destination: Uint8Array, most: number, skip: number): Promise<Moved> {
    if (partitionOf(source) !== partitionOf(destination)) {
      throw new Error("Cannot move events to a queue in another partition");
    }
    const atOnce = Math.min(most, MOST_AT_ONCE);
    for (;;) {
      const step = await this.#laneOf(source).submit(op.MOVE, source, atOnce, { queue: destination }, skip);
      // Where there were only events whose time is up, others may follow.
      if (step.moved + step.stayed > 0 || !step.more) return { moved: step.moved, stayed: step.stayed };
    }
  }

  list(queue: Uint8Array, state: EventState | undefined, cursor: string, count: number): Promise<EventPage> {
    const lane = this.#laneOf(queue);
    const ask = <Result>(operation: op.Operation<Result>, parameter: number, ...args: Argument[]) =>
      lane.submit(operation, queue, parameter, ...args);
    return listPage(ask, state, cursor, Math.min(count, MOST_AT_ONCE));
  }

  get(queue: Uint8Array, id: Uint8Array): Promise<EventDetails | null> {
    return this.#laneOf(queue).submit(op.GET, queue, 0, id);
  }

  check(): Promise<StoreCheck> {
    return checkRedis(this.#link, (queue, send) => this.#laneOf(queue).inTurn(send));
  }

  async close(): Promise<void> {
    await Promise.all(this.#sections.map(({ lane }) => lane.close()));
    this.#link.close();
  }

  #laneOf(queue: Uint8Array): Lane {
    const { length } = this.#sections;
    return this.#sections[length === 1 ? 0 : partitionOf(queue)].lane;
  }

  /** Does something with a delivery; a receipt that cannot be one is that of no delivery. */
  #settle(
    operation: op.Operation<number>,
    queue: Uint8Array,
    parameter: number,
    id: Uint8Array,
    receipt?: Uint8Array,
  ): Promise<number> {
    const delivery = receipt === undefined ? NONE : readReceipt(receipt);
    if (delivery === null) return Promise.resolve(0);
    return this.#laneOf(queue).submit(operation, queue, parameter, id, delivery);
  }

  /** In two steps, for a script must name its keys beforehand: which queues are due, then those queues. */
  async #reclaimSection({ lane, timers }: Section): Promise<number> {
    const [names] = await dueScript.call(this.#link, timers, [String(DUE_AT_ONCE)]);
    let due = names as Uint8Array[];
    let reclaimed = 0;
    while (due.length > 0) {
      const done = await Promise.all(
        due.map((queue) =>
          this.#deadQueues.with(queue, false, (dead) => lane.submit(op.RECLAIM, queue, RECLAIM_AT_ONCE, dead))
        ),
      );
      for (const { ready } of done) reclaimed += ready;
      due = due.filter((_, i) => done[i].more);
    }
    return reclaimed;
  }

  async #run(batch: Batch): Promise<void> {
    const { replicas, timeoutMs } = this.#replication;
    const wait = replicas > 0 && batch.writes ? [["WAIT", String(replicas), String(timeoutMs)]] : [];
    const args = [batch.pack(), this.#link.channelPrefix, this.#link.publish, this.#self];
    const [results, confirmed] = await queueScript.call(this.#link, batch.keys, args, ...wait);
    if (wait.length > 0 && Number(confirmed) < replicas) {
      const reason = `only ${confirmed} of ${replicas} replicas confirmed within ${timeoutMs / 1000} s`;
      throw new StoreUnavailable(reason, true);
    }
    batch.settle(results as Uint8Array, errorFromScript, (key, told) => this.#tell(key, told));
  }

  #tell(key: string, { ready, pushed, acked, redelivered, dead, expired }: Told): void {
    const counts = this.#counts.at(key);
    counts.pushed += pushed;
    counts.acked += acked;
    counts.redelivered += redelivered;
    counts.dead += dead;
    counts.expired += expired;
    if (ready > 0) this.#watches.tell(key, ready);
  }
}

function errorFromScript(message: string): Error {
  return message === "FULL" ? new QueueFull() : errorFromRedis(message);
}
