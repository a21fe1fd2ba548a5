/**
 * The consumers of queues, in memory only: one process owns the file, and its consumers end with it.
 *
 * @module
 */
import { keyOf } from "../bytes.ts";

export class ConsumerTable {
  readonly #queues = new Map<string, { name: Uint8Array; consumers: number }>();

  register(name: Uint8Array, consumers: number): void {
    if (consumers > 0) this.#queues.set(keyOf(name), { name: name.slice(), consumers });
    else this.#queues.delete(keyOf(name));
  }

  count(name: Uint8Array): number {
    return this.#queues.get(keyOf(name))?.consumers ?? 0;
  }

  names(): Uint8Array[] {
    return [...this.#queues.values()].map(({ name }) => name);
  }
}
