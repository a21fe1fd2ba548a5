/**
 * The consumers of queues, in memory only: one process owns the file, and its consumers end with it.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import { CONSUMER_TTL_MS } from "../../limits.ts";

interface Registration {
  consumers: number;
  /** By `performance.now()`. */
  expires: number;
}

interface QueueConsumers {
  name: Uint8Array;
  /** By instance. */
  registrations: Map<string, Registration>;
}

export class ConsumerTable {
  readonly #queues = new Map<string, QueueConsumers>();

  register(name: Uint8Array, instance: string, consumers: number): void {
    const key = keyOf(name);
    const queue = this.#queues.get(key) ?? { name: name.slice(), registrations: new Map<string, Registration>() };
    if (consumers > 0) {
      queue.registrations.set(instance, { consumers, expires: performance.now() + CONSUMER_TTL_MS });
      this.#queues.set(key, queue);
    } else {
      queue.registrations.delete(instance);
      if (queue.registrations.size === 0) this.#queues.delete(key);
    }
  }

  count(name: Uint8Array): number {
    const key = keyOf(name);
    const queue = this.#queues.get(key);
    return queue === undefined ? 0 : this.#count(key, queue);
  }

  names(): Uint8Array[] {
    return [...this.#queues].filter(([key, queue]) => this.#count(key, queue) > 0).map(([_key, { name }]) => name);
  }

  #count(key: string, { registrations }: QueueConsumers): number {
    const now = performance.now();
    let sum = 0;
    for (const [instance, { consumers, expires }] of registrations) {
      if (expires > now) sum += consumers;
      else registrations.delete(instance);
    }
    if (registrations.size === 0) this.#queues.delete(key);
    return sum;
  }
}
