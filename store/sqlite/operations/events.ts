/**
 * Operations of producers and consumers, in the current transaction.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import { MAX_CLAIM_COUNT } from "../../limits.ts";
import { type Claimed, type Delivery, type Event, type PushOptions, QueueFull, type Side } from "../../store.ts";
import { AGAIN } from "../database/group_commit.ts";
import { LEASED } from "../database/layout.ts";
import { type EventTable, type Found, MAX_TRANSACTION_BYTES } from "../tables/event_table.ts";
import type { GroupTable } from "../tables/group_table.ts";
import type { PolicyTable } from "../tables/policy_table.ts";
import { type QueueEntry, type QueueTable, totalOf } from "../tables/queue_table.ts";
import type { RememberedIds } from "../tables/remembered_ids.ts";
import type { Tables } from "../tables/tables.ts";
import type { PoppedEvent } from "../tables/write_buffer.ts";
import { isReceipt, makeReceipt } from "./receipt.ts";

/** A larger queue is flushed by dropping its id: deleting an event takes some µs. */
const MAX_FLUSHED_AT_ONCE = 2_000;

export class EventOperations {
  readonly #events: EventTable;
  readonly #queues: QueueTable;
  readonly #policies: PolicyTable;
  readonly #remembered: RememberedIds;
  readonly #groups: GroupTable;

  constructor({ events, groups, policies, queues, remembered }: Tables) {
    this.#remembered = remembered;
    this.#groups = groups;
    this.#events = events;
    this.#queues = queues;
    this.#policies = policies;
  }

  push(name: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): boolean | QueueFull {
    const queue = this.#queues.findOrCreate(name);
    if (this.#isTaken(queue, id)) return false;
    if (this.#queues.isFull(queue)) return new QueueFull();
    this.#insert(queue, id, contents, side, options);
    return true;
  }

  /** Returns the id of the first event that the queue holds or that is there twice, or null. */
  pushAll(name: Uint8Array, events: Event[], side: Side, options?: PushOptions): Uint8Array | null | QueueFull {
    const queue = this.#queues.findOrCreate(name);
    const ids = new Set<string>();
    for (const { id } of events) {
      if (this.#isTaken(queue, id) || ids.size === ids.add(keyOf(id)).size) return id;
    }
    if (this.#queues.isFull(queue, events.length)) return new QueueFull();
    for (const { id, contents } of events) this.#insert(queue, id, contents, side, options);
    return null;
  }

  peek(name: Uint8Array, side: Side): Event | null | typeof AGAIN {
    const queue = this.#queues.find(name);
    if (queue === undefined) return null;
    if (!this.#events.expireAtEnd(queue, side)) return AGAIN;
    return queue.ready === 0 ? null : this.#events.readEnd(queue, side);
  }

  pop(name: Uint8Array, leaseMs?: number): Event | null | typeof AGAIN {
    const queue = this.#queues.find(name);
    return queue === undefined ? null : this.#popFrom(queue, leaseMs);
  }

  claim(
    name: Uint8Array,
    count: number,
    leaseMs: number | undefined,
    maxBytes: number,
  ): Claimed[] | typeof AGAIN {
    const claimed: Claimed[] = [];
    const queue = this.#queues.find(name);
    let bytesLeft = Infinity;
    for (let left = Math.min(count, MAX_CLAIM_COUNT); queue !== undefined && left > 0; left--) {
      const event = this.#popFrom(queue, leaseMs, bytesLeft);
      if (event === AGAIN && claimed.length === 0) return AGAIN;
      if (event === null || event === AGAIN) break;
      const { id, contents, pushedAt, failures, seq, group, meta } = event;
      const receipt = makeReceipt(pushedAt, seq, failures);
      claimed.push({ id, contents, attempt: failures + 1, receipt, group, meta });
      if (claimed.length === 1) bytesLeft = Math.min(maxBytes, MAX_TRANSACTION_BYTES);
      bytesLeft -= contents.length;
    }
    return claimed;
  }

  ack(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array): number | typeof AGAIN {
    const queue = this.#queues.find(name);
    const found = queue && this.#events.find(queue, id, receipt !== undefined);
    if (!found || (receipt && !this.#isCurrent(found, receipt))) return 0;
    if (this.#events.mustWait(found)) return AGAIN;
    this.#events.remove(queue, id, found);
    this.#remembered.add(queue.key, id);
    queue.counts.acked++;
    return 1;
  }

  ackAll(name: Uint8Array, deliveries: Delivery[]): number {
    const queue = this.#queues.find(name);
    if (queue === undefined) return 0;
    let acked = 0;
    for (const { id, receipt } of deliveries) {
      const found = this.#events.find(queue, id, true);
      if (found === undefined || !this.#isCurrent(found, receipt)) continue;
      if (this.#events.mustWait(found)) this.#events.discard(queue, id, found);
      else this.#events.remove(queue, id, found);
      this.#remembered.add(queue.key, id);
      acked++;
    }
    queue.counts.acked += acked;
    return acked;
  }

  flush(name: Uint8Array): void {
    this.#policies.forget(name);
    const queue = this.#queues.find(name);
    if (queue === undefined) return;
    this.#groups.forget(queue.id);
    const atOnce = totalOf(queue) < MAX_FLUSHED_AT_ONCE && this.#events.deleteRows(queue.id, MAX_FLUSHED_AT_ONCE);
    if (atOnce) this.#queues.empty(queue);
    else this.#queues.flush(queue);
  }

  #insert(queue: QueueEntry, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): void {
    if (options?.delayMs || options?.ttlMs || options?.group || options?.meta) {
      this.#events.insert(queue, side, id, contents, options);
    } else this.#events.insertReady(queue, side, id, contents);
    queue.counts.pushed++;
  }

  #isTaken(queue: QueueEntry, id: Uint8Array): boolean {
    return this.#events.holds(queue, id) || this.#remembered.until(queue.key, id) !== null;
  }

  #isCurrent({ seq, state, delivery }: Found, receipt: Uint8Array): boolean {
    return state === LEASED && isReceipt(receipt, seq, delivery!);
  }

  /** Null if no event is ready, or the next one has more than `maxBytes` of contents. */
  #popFrom(queue: QueueEntry, requestedMs?: number, maxBytes = Infinity): PoppedEvent | null | typeof AGAIN {
    if (this.#queues.deliverable(queue) === 0) return null;
    if (!this.#events.expireAtEnd(queue, "right")) return AGAIN;
    if (queue.ready === 0) return null;
    const { leaseMs: defaultMs, rate } = this.#policies.of(queue.key);
    const leaseMs = requestedMs ?? defaultMs;
    const event = this.#events.popRightmost(queue, leaseMs, maxBytes);
    if (event === null || event === AGAIN) return event;
    if (rate > 0) this.#queues.takeFromRate(queue);
    if (leaseMs > 0) return event;
    this.#remembered.add(queue.key, event.id);
    queue.counts.acked++;
    return event;
  }
}
