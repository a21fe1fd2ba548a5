/**
 * Who consumes which queue. One process owns the file, and its consumers end with it, so memory is the place for them.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import { CONSUMER_TTL_MS } from "../../limits.ts";

interface Registration {
  consumers: number;
  /** ms since the epoch. */
  expires: number;
}

interface Registered {
  name: Uint8Array;
  instances: Map<string, Registration>;
}

/** The consumers of all queues. */
export class Consumers {
  readonly #queues = new Map<string, Registered>();

  /** Sets the number of consumers that an instance has for a queue. */
  register(name: Uint8Array, instance: string, consumers: number): void {
    const key = keyOf(name);
    const queue = this.#queues.get(key) ?? { name: name.slice(), instances: new Map<string, Registration>() };
    if (consumers > 0) {
      queue.instances.set(instance, { consumers, expires: Date.now() + CONSUMER_TTL_MS });
      this.#queues.set(key, queue);
    } else {
      queue.instances.delete(instance);
      if (queue.instances.size === 0) this.#queues.delete(key);
    }
  }

  /** The consumers of one queue. */
  count(name: Uint8Array): number {
    const key = keyOf(name);
    const queue = this.#queues.get(key);
    return queue === undefined ? 0 : this.#count(key, queue);
  }

  /** The names of the queues that have consumers. */
  names(): Uint8Array[] {
    return [...this.#queues].filter(([key, queue]) => this.#count(key, queue) > 0).map(([, { name }]) => name);
  }

  #count(key: string, { instances }: Registered): number {
    const now = Date.now();
    let consumers = 0;
    for (const [instance, registration] of instances) {
      if (registration.expires > now) consumers += registration.consumers;
      else instances.delete(instance);
    }
    if (instances.size === 0) this.#queues.delete(key);
    return consumers;
  }
}
