/**
 * Leases that last as long as a connection (QCLAIM HOLD), and the life of a held event:
 *
 *     claimed ── leased for 30 s, renewed every 10 s ──▶ ended by a QACK or QNACK of any client
 *                            │
 *                            ├── the connection closes ──▶ returned at once, as a failed attempt
 *                            └── okq dies, or cannot reach the store ──▶ returns when the lease ends
 *
 * A held event has an ordinary lease, named by its receipt. So the next renewal shows which events were acknowledged
 * elsewhere, and never affects a later delivery.
 *
 * @module
 */
import { keyOf, sameBytes } from "../../store/bytes.ts";
import type { Delivery, Store } from "../../store/store.ts";
import type { Log } from "../log.ts";
import { type DeliveredEvent, releaseAll } from "./claims.ts";

export const HOLD_LEASE_MS = 30_000;

const RENEWAL_BATCH = 1000;

const REASON = new TextEncoder().encode("The connection that held it was closed or reset");

export interface LeaseHolder {
  readonly connected: boolean;
}

export class ConnectionLeases {
  readonly #store: Store;
  readonly #log: Log;
  readonly #max: number;
  readonly #byClient = new Map<LeaseHolder, Map<string, DeliveredEvent>>();
  #size = 0;

  /** @param max limit of held events */
  constructor(store: Store, log: Log, max: number) {
    this.#store = store;
    this.#log = log;
    this.#max = max;
  }

  /** Held events, as far as is known. */
  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size >= this.#max;
  }

  /** Returns how many events of a queue each client holds. */
  heldOf(queue: Uint8Array): Map<LeaseHolder, number> {
    const counts = new Map<LeaseHolder, number>();
    for (const [client, held] of this.#byClient) {
      const count = held.values().reduce((sum, event) => sum + (sameBytes(event.queue, queue) ? 1 : 0), 0);
      if (count > 0) counts.set(client, count);
    }
    return counts;
  }

  /** Holds claimed events. Releases them if they are too many: then it resolves to false. */
  async add(client: LeaseHolder, events: DeliveredEvent[]): Promise<boolean> {
    if (this.#size + events.length > this.#max) {
      await releaseAll(this.#store, this.#log, events);
      return false;
    }
    if (!client.connected) return true; // its reply is undelivered, so they are given back
    const held = this.#byClient.get(client) ?? new Map<string, DeliveredEvent>();
    this.#byClient.set(client, held);
    this.#size -= held.size;
    for (const event of events) held.set(eventKey(event.queue, event.id), event);
    this.#size += held.size;
    return true;
  }

  /** Passes on the result of an ack or nack, and forgets the event if it applied. */
  forgetIfApplied(client: LeaseHolder, queue: Uint8Array, id: Uint8Array, result: Promise<number>): Promise<number> {
    const held = this.#size > 0 ? this.#byClient.get(client) : undefined;
    if (held === undefined) return result;
    const key = eventKey(queue, id);
    const delivery = held.get(key);
    return result.then((count) => {
      if (count > 0 && delivery) this.#forget(client, key, delivery);
      return count;
    });
  }

  /** Forgets deliveries after an ack of all of them: those that it passed over had ended before. */
  forgetEnded(client: LeaseHolder, queue: Uint8Array, deliveries: Delivery[]): void {
    const held = this.#size > 0 ? this.#byClient.get(client) : undefined;
    if (held === undefined) return;
    for (const { id, receipt } of deliveries) {
      const key = eventKey(queue, id);
      const delivery = held.get(key);
      if (delivery && sameBytes(delivery.receipt, receipt)) this.#forget(client, key, delivery);
    }
  }

  /** Holds events no longer that were not delivered. */
  forget(client: LeaseHolder, events: DeliveredEvent[]): void {
    for (const event of events) this.#forget(client, eventKey(event.queue, event.id), event);
  }

  /** Returns a client's events, or those of some queues, as failed attempts. */
  async release(client: LeaseHolder, applies: (queue: Uint8Array) => boolean = () => true): Promise<void> {
    const all = this.#byClient.get(client) ?? [];
    const held = [...all].filter(([, { queue }]) => applies(queue)).toReversed(); // the last one is popped next
    if (held.length === 0) return;
    for (const [key, delivery] of held) this.#forget(client, key, delivery);
    const options = { delayMs: 0, reason: REASON };
    const results = await Promise.allSettled(
      held.map(([, { queue, id, receipt }]) => this.#store.nack(queue, id, receipt, options)),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) this.#log.warn("Held events return only when their leases end", { error: failed.reason });
  }

  /** Forgets events that are held no longer. */
  async renew(): Promise<void> {
    const all = [...this.#byClient].flatMap(([client, held]) =>
      Array.from(held, (entry) => [client, ...entry] as const)
    );
    let failure: unknown;
    for (let from = 0; from < all.length; from += RENEWAL_BATCH) {
      await Promise.all(
        all.slice(from, from + RENEWAL_BATCH).map(async ([client, key, delivery]) => {
          const { queue, id, receipt } = delivery;
          try {
            const renewed = await this.#store.touch(queue, id, HOLD_LEASE_MS, receipt);
            if (renewed === 0) this.#forget(client, key, delivery);
          } catch (error) {
            failure ??= error; // the others are renewed all the same
          }
        }),
      );
    }
    if (failure !== undefined) throw failure;
  }

  /** Forgets a delivery, unless the client has claimed the event anew. */
  #forget(client: LeaseHolder, key: string, delivery: DeliveredEvent): void {
    const held = this.#byClient.get(client);
    if (held?.get(key) !== delivery) return;
    held.delete(key);
    this.#size--;
    if (held.size === 0) this.#byClient.delete(client);
  }
}

function eventKey(queue: Uint8Array, id: Uint8Array): string {
  return `${queue.length} ${keyOf(queue)}${keyOf(id)}`;
}
