/**
 * Events in Redis. All of okq's state is there, so any number of okq instances may share it; what runs in Redis is
 * `queue.lua`.
 *
 * @module
 */
import { CONSUMER_TTL_MS, type Event, type QueueStatus, type Side, type Store, type StoreOptions } from "../store.ts";
import { channelOf, LAYOUT_KEY, LAYOUT_VERSION, PARTITIONS, queuesKey, timersKey } from "./keys.ts";
import { Lane } from "./lane.ts";
import * as op from "./operations.ts";
import { SingleServer } from "./single.ts";

/** Leases that one operation ends at the most, so that Redis is held for a few milliseconds. */
const RECLAIM_AT_ONCE = 1000;
/** Queues that are looked at in one round of the reclaimer at the most, for each partition. */
const DUE_AT_ONCE = 100;

const ALL_PARTITIONS = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const text = new TextEncoder();

/**
 * Opens the store in the Redis at `url` (`redis://` or `rediss://`).
 * @throws {StoreUnavailable} if Redis cannot be reached in time
 * @throws {Error} if the data there was written by an okq with another layout
 */
export async function openRedisStore(url: string, options: StoreOptions): Promise<Store> {
  const redis = new SingleServer(new URL(url), options);
  try {
    await redis.connect();
    await checkLayout(redis);
  } catch (error) {
    redis.close();
    throw error;
  }
  return new RedisStore(redis, options);
}

async function checkLayout(redis: SingleServer): Promise<void> {
  await redis.command("SET", LAYOUT_KEY, LAYOUT_VERSION, "NX");
  const found = String(await redis.command("GET", LAYOUT_KEY));
  if (found === LAYOUT_VERSION) return;
  throw new Error(
    `Cannot use this Redis: its okq data has layout ${found}, and this okq knows layout ${LAYOUT_VERSION}`,
  );
}

class RedisStore implements Store {
  #redis: SingleServer;
  #lane: Lane;

  constructor(redis: SingleServer, options: StoreOptions) {
    this.#redis = redis;
    this.#lane = new Lane(redis, options.timeoutMs);
    redis.onReady = () => this.#lane.pump();
  }

  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side): Promise<boolean> {
    return this.#lane.submit(side === "left" ? op.PUSH_LEFT : op.PUSH_RIGHT, queue, 0, id, contents);
  }

  peek(queue: Uint8Array, side: Side): Promise<Event | null> {
    return this.#lane.submit(side === "left" ? op.PEEK_LEFT : op.PEEK_RIGHT, queue);
  }

  pop(queue: Uint8Array, leaseMs: number): Promise<Event | null> {
    return this.#lane.submit(op.POP, queue, leaseMs);
  }

  ack(queue: Uint8Array, id: Uint8Array): Promise<number> {
    return this.#lane.submit(op.ACK, queue, 0, id);
  }

  redo(queue: Uint8Array, id: Uint8Array): Promise<number> {
    return this.#lane.submit(op.REDO, queue, 0, id);
  }

  async flush(queue: Uint8Array): Promise<void> {
    await this.#lane.submit(op.FLUSH, queue);
  }

  ready(queue: Uint8Array): Promise<number> {
    return this.#lane.submit(op.READY, queue);
  }

  async status(queue: Uint8Array): Promise<QueueStatus> {
    return { queue, ...await this.#lane.submit(op.STATUS, queue) };
  }

  async active(): Promise<Uint8Array[]> {
    return await this.#redis.command("SUNION", ...ALL_PARTITIONS.map(queuesKey)) as Uint8Array[];
  }

  async register(queue: Uint8Array, instance: string, consumers: number): Promise<void> {
    await this.#lane.submit(
      op.REGISTER,
      queue,
      CONSUMER_TTL_MS,
      text.encode(instance),
      text.encode(String(consumers)),
    );
  }

  /** In two steps, for a script must name its keys beforehand: which queues are due, then those queues. */
  async reclaim(): Promise<number> {
    let reclaimed = 0;
    let due = await this.#redis.due(ALL_PARTITIONS.map(timersKey), DUE_AT_ONCE);
    while (due.length > 0) {
      const counts = await Promise.all(due.map((queue) => this.#lane.submit(op.RECLAIM, queue, RECLAIM_AT_ONCE)));
      for (const count of counts) reclaimed += count;
      due = due.filter((_, i) => counts[i] === RECLAIM_AT_ONCE);
    }
    return reclaimed;
  }

  watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>> {
    const channel = channelOf(queue, this.#redis.channelPrefix);
    return this.#redis.subscribe(channel, (message) => onReady(Number(message)));
  }

  close(): Promise<void> {
    this.#lane.close();
    this.#redis.close();
    return Promise.resolve();
  }
}
