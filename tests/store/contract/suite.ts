/**
 * Helpers of the contract's tests.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import type {
  Claimed,
  Event,
  EventDetails,
  NackOptions,
  PushOptions,
  Side,
  Store,
  StoreOptions,
} from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { Stopwatch } from "../../support/stopwatch.ts";

/** Started at the beginning of the running test. */
let stopwatch = new Stopwatch();

export type OpenStore = (options?: Partial<StoreOptions>) => Promise<Store>;

/** Declares tests, each with a store. */
export class Suite {
  constructor(readonly store: string, readonly open: OpenStore) {}

  /** Declares a test. */
  test(name: string, body: (store: Store) => Promise<void>, options?: Partial<StoreOptions>): void {
    Deno.test(`${this.store}: ${name}`, async () => {
      const store = await this.open(options);
      stopwatch = new Stopwatch();
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

/** A unique queue name. */
export function newQueue(): Uint8Array {
  return bytes(`q-${crypto.randomUUID()}`);
}

/** An event as text, one character a byte: `id=contents`; "nil" for none. */
export function shown(event: Event | null): string {
  return event === null ? "nil" : `${keyOf(event.id)}=${keyOf(event.contents)}`;
}

/** Pushes events one by one; their contents are "c-" and their id. */
export async function push(store: Store, queue: Uint8Array, ...ids: string[]): Promise<void> {
  for (const id of ids) assert.equal(await store.push(queue, bytes(id), bytes(`c-${id}`), "left"), true);
}

/** Pushes an event with options; its contents are "c-" and its id. */
export async function pushWith(
  store: Store,
  queue: Uint8Array,
  id: string,
  options: PushOptions,
  side: Side = "left",
): Promise<void> {
  assert.equal(await store.push(queue, bytes(id), bytes(`c-${id}`), side, options), true);
}

/** Pushes events of one group one by one. */
export async function pushGroup(store: Store, queue: Uint8Array, group: string, ...ids: string[]): Promise<void> {
  for (const id of ids) await pushWith(store, queue, id, { group: bytes(group) });
}

/** Claims up to `count` events. Returns their ids. */
export async function claimIds(
  store: Store,
  queue: Uint8Array,
  count = 1000,
  leaseMs = 600_000,
): Promise<string[]> {
  return (await store.claim(queue, count, leaseMs)).map(({ id }) => keyOf(id));
}

/** Claims an event; fails if none is ready. */
export async function claimOne(store: Store, queue: Uint8Array, leaseMs = 60_000): Promise<Claimed> {
  const [claimed] = await store.claim(queue, 1, leaseMs);
  assert.ok(claimed, "nothing was claimed");
  return claimed;
}

/** Claims the next event, which must have this id, and gives it back as failed. */
export async function fail(store: Store, queue: Uint8Array, id: string, options?: NackOptions): Promise<void> {
  assert.equal(keyOf((await claimOne(store, queue)).id), id);
  assert.ok(await store.nack(queue, bytes(id), undefined, options) > 0);
}

/** Gets an event; fails if the queue does not hold it. */
export async function getEvent(store: Store, queue: Uint8Array, id: string): Promise<EventDetails> {
  const details = await store.get(queue, bytes(id));
  assert.ok(details, `the queue does not hold ${id}`);
  return details;
}

/** Asserts the rest of a time that began during the test. @param of the whole time, in milliseconds */
export function assertRemaining(leftMs: number, of: number): void {
  stopwatch.assertRemaining(leftMs, of);
}

/** Asserts the time since something that happened during the test, and at least `min` ago. In milliseconds. */
export function assertAge(ageMs: number, min: number): void {
  stopwatch.assertAge(ageMs, min);
}

/** Whether `active` lists a queue. */
export async function isActive(store: Store, queue: Uint8Array): Promise<boolean> {
  const named = (await store.active()).filter((name) => keyOf(name) === keyOf(queue));
  assert.ok(named.length < 2, "active lists a queue twice");
  return named.length === 1;
}

/** Another queue in the same partition. */
export function samePartition(queue: Uint8Array, more = ""): Uint8Array {
  return bytes(`${more}{${keyOf(queue)}}`);
}

/** Pops all ready events without a lease. Returns their ids. */
export async function drain(store: Store, queue: Uint8Array): Promise<string[]> {
  const ids = [];
  for (let event = await store.pop(queue, 0); event !== null; event = await store.pop(queue, 0)) {
    ids.push(keyOf(event.id));
  }
  return ids;
}

/** Claims all ready events without a lease: faster than drain with very many. Returns their ids. */
export async function drainMany(store: Store, queue: Uint8Array): Promise<string[]> {
  const ids = [];
  for (let claimed: Claimed[]; (claimed = await store.claim(queue, 1000, 0)).length > 0;) {
    ids.push(...claimed.map(({ id }) => keyOf(id)));
  }
  return ids;
}

/** Pops and leases `count` events. Returns their ids. */
export async function lease(store: Store, queue: Uint8Array, count: number, leaseMs = 60_000): Promise<string[]> {
  const ids = [];
  for (let i = 0; i < count; i++) ids.push(shown(await store.pop(queue, leaseMs)).split("=")[0]);
  return ids;
}

/** Claims and acknowledges events one after the other, like a single consumer. Returns their ids. */
export async function consume(store: Store, queue: Uint8Array, count = Infinity): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const [claimed] = await store.claim(queue, 1, 600_000);
    if (claimed === undefined) break;
    assert.equal(await store.ack(queue, claimed.id, claimed.receipt), 1);
    ids.push(keyOf(claimed.id));
  }
  return ids;
}

/** The counts of a queue as `total/processing/consumers`. */
export async function countsOf(store: Store, queue: Uint8Array): Promise<string> {
  const status = await store.status(queue);
  assert.equal(keyOf(status.queue), keyOf(queue));
  return `${status.total}/${status.processing}/${status.consumers}`;
}

/** Reclaims until `ready` events are ready. Other tests on the same store may do the same. */
export async function reclaimUntilReady(store: Store, queue: Uint8Array, ready: number): Promise<void> {
  await eventually(async () => {
    await store.reclaim();
    assert.equal(await store.ready(queue), ready);
  });
}

/** Reclaims until a queue holds `events` events. */
export async function reclaimUntilTotal(store: Store, queue: Uint8Array, events: number): Promise<void> {
  await eventually(async () => {
    await store.reclaim();
    assert.equal((await store.status(queue)).total, events);
  });
}

/** Reclaims until a queue has `blocked` blocked events. */
export async function reclaimUntilBlocked(store: Store, queue: Uint8Array, blocked: number): Promise<void> {
  await eventually(async () => {
    await store.reclaim();
    assert.equal((await store.status(queue)).blocked, blocked);
  });
}

/** Asserts the numbers of events in each state, as `ready/processing/delayed/blocked`. */
export async function assertStates(store: Store, queue: Uint8Array, states: string): Promise<void> {
  const { total, ready, processing, delayed, blocked } = await store.status(queue);
  assert.equal(`${ready}/${processing}/${delayed}/${blocked}`, states);
  assert.equal(total, ready + processing + delayed + blocked);
}

/** Waits, where a lease has to end. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
