/**
 * Events that clients hold for as long as they are connected, and the life of such a hold:
 *
 *     taken ── leased for 30 s, again every 10 s ──▶ settled by QACK or QNACK, of its client or another
 *                            │
 *                            ├── the connection closes ──▶ given back at once, as an attempt that failed
 *                            └── okq dies, or cannot reach the store ──▶ comes back when the lease ends
 *
 * A hold is an ordinary lease that is named by its receipt, so what has been settled elsewhere is found out by the next
 * renewal, and nothing is ever taken from whoever has the event by then.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";
import { type ClaimedEvent, releaseAll } from "./claims.ts";
import type { ClientContext } from "../client_context.ts";
import type { Log } from "../log.ts";

/** The lease of an event that is held, in milliseconds. */
export const HOLD_LEASE_MS = 30_000;

/** How many leases are prolonged in one go. */
const RENEWAL_BATCH = 1000;

/** What is remembered of an attempt that ended so. */
const REASON = new TextEncoder().encode("The connection that held it was closed or reset");

type HeldDelivery = Pick<ClaimedEvent, "queue" | "id" | "receipt">;

/** The events that the clients of this okq instance hold. */
export class ConnectionLeases {
  readonly #store: Store;
  readonly #log: Log;
  readonly #most: number;
  readonly #byClient = new Map<ClientContext, Map<string, HeldDelivery>>();
  #size = 0;

  /** @param most how many may be held at once */
  constructor(store: Store, log: Log, most: number) {
    this.#store = store;
    this.#log = log;
    this.#most = most;
  }

  /** How many are held, as far as is known. */
  get size(): number {
    return this.#size;
  }

  /** Whether none can be held in addition. */
  get full(): boolean {
    return this.#size >= this.#most;
  }

  /**
   * Holds what a client has just taken and not yet been told of. Gives it back unseen, and resolves to false, if that is
   * too much; gives it back unseen too if the client has gone meanwhile.
   */
  async add(client: ClientContext, taken: ClaimedEvent[]): Promise<boolean> {
    const there = client.server.clients.get(client.id) === client;
    const fits = this.#size + taken.length <= this.#most;
    if (!there || !fits) {
      await releaseAll(this.#store, taken);
      return fits;
    }
    const held = this.#byClient.get(client) ?? new Map<string, HeldDelivery>();
    if (taken.length > 0) this.#byClient.set(client, held);
    this.#size -= held.size;
    // Copies, because what came from the store is part of a whole batch of replies.
    for (const { queue, id, receipt } of taken) {
      held.set(eventKey(queue, id), { queue, id: id.slice(), receipt: receipt.slice() });
    }
    this.#size += held.size;
    return true;
  }

  /** Passes on what became of an event that a client settles; one that is settled is held no longer. */
  settling(client: ClientContext, queue: Uint8Array, id: Uint8Array, result: Promise<number>): Promise<number> {
    const held = this.#size > 0 ? this.#byClient.get(client) : undefined;
    if (held === undefined) return result;
    const key = eventKey(queue, id);
    const delivery = held.get(key);
    return result.then((count) => {
      if (count > 0 && delivery) this.#forget(client, key, delivery);
      return count;
    });
  }

  /** Gives back what a client holds, or just that of some queues. */
  async release(client: ClientContext, isGone: (queue: Uint8Array) => boolean = () => true): Promise<void> {
    const all = this.#byClient.get(client) ?? [];
    const held = [...all].filter(([, { queue }]) => isGone(queue)).toReversed(); // the last one is popped next
    if (held.length === 0) return;
    for (const [key, delivery] of held) this.#forget(client, key, delivery);
    const options = { delayMs: 0, reason: REASON };
    const results = await Promise.allSettled(
      held.map(([, { queue, id, receipt }]) => this.#store.nack(queue, id, receipt, options)),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) {
      this.#log.warn("Events that a client held come back only when their leases end", { error: failed.reason });
    }
  }

  /** Prolongs the leases of all. What is held no longer is forgotten. */
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
            if (await this.#store.touch(queue, id, HOLD_LEASE_MS, receipt) === 0) this.#forget(client, key, delivery);
          } catch (error) {
            failure ??= error; // the others are prolonged all the same
          }
        }),
      );
    }
    if (failure !== undefined) throw failure;
  }

  /** Unless the client has taken the event anew by then. */
  #forget(client: ClientContext, key: string, delivery: HeldDelivery): void {
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
