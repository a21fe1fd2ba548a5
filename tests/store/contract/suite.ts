/**
 * What the tests of the contract share.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import type { Event, Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../eventually.ts";

/** Declares tests that each have a store. */
export class Suite {
  constructor(readonly store: string, readonly open: () => Promise<Store>) {}

  /** Declares a test; the name says what is tested and what is to be seen. */
  test(name: string, body: (store: Store) => Promise<void>): void {
    Deno.test(`${this.store}: ${name}`, async () => {
      const store = await this.open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  }
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The name of a queue that no other test has. */
export function newQueue(): Uint8Array {
  return bytes(`q-${crypto.randomUUID()}`);
}

/** An event as text, one character for each byte: `id=contents`; "nil" for none. */
export function shown(event: Event | null): string {
  return event === null ? "nil" : `${keyOf(event.id)}=${keyOf(event.contents)}`;
}

/** Pushes events whose contents are "c-" and their id, one after the other. */
export async function push(store: Store, queue: Uint8Array, ...ids: string[]): Promise<void> {
  for (const id of ids) assert.equal(await store.push(queue, bytes(id), bytes(`c-${id}`), "left"), true);
}

/** Pops all ready events for good. Returns their ids. */
export async function drain(store: Store, queue: Uint8Array): Promise<string[]> {
  const ids = [];
  for (let event = await store.pop(queue, 0); event !== null; event = await store.pop(queue, 0)) {
    ids.push(keyOf(event.id));
  }
  return ids;
}

/** Pops and leases so many events. Returns their ids. */
export async function lease(store: Store, queue: Uint8Array, count: number, leaseMs = 60_000): Promise<string[]> {
  const ids = [];
  for (let i = 0; i < count; i++) ids.push(shown(await store.pop(queue, leaseMs)).split("=")[0]);
  return ids;
}

/** `total/processing/consumers` of a queue. */
export async function figures(store: Store, queue: Uint8Array): Promise<string> {
  const status = await store.status(queue);
  assert.equal(keyOf(status.queue), keyOf(queue));
  return `${status.total}/${status.processing}/${status.consumers}`;
}

/** Does what is due until so many events are ready. Anybody else on the same store may help. */
export async function reclaimed(store: Store, queue: Uint8Array, ready: number): Promise<void> {
  await eventually(async () => {
    await store.reclaim();
    assert.equal(await store.ready(queue), ready);
  });
}

/** Lets time pass, where a lease has to end. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
