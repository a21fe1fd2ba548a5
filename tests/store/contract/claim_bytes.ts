/**
 * The limit of bytes that one claim delivers.
 *
 * @module
 */
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes, countsOf, drain, newQueue, type Suite } from "./suite.ts";

const OPTIONS = { maxClaimBytes: 1000 };

/** Pushes events of these sizes, with ids from 0. */
async function pushSizes(store: Store, queue: Uint8Array, ...sizes: number[]): Promise<void> {
  for (const [i, size] of sizes.entries()) await store.push(queue, bytes(`${i}`), new Uint8Array(size), "left");
}

/** Claims with a lease. Returns the sizes of the events. */
async function claimSizes(store: Store, queue: Uint8Array, count: number, maxBytes?: number): Promise<number[]> {
  return (await store.claim(queue, count, 60_000, maxBytes)).map(({ contents }) => contents.length);
}

export function claimBytesTests(suite: Suite): void {
  suite.test("claim delivers events up to its limit of bytes, small and large ones", async (store) => {
    const queue = newQueue();
    await pushSizes(store, queue, 400, 500, 100, 1, 0, 200, 200, 700);
    assert.deepEqual(await claimSizes(store, queue, 100), [400, 500, 100]);
    assert.equal(await countsOf(store, queue), "8/3/0");
    assert.deepEqual(await claimSizes(store, queue, 3), [1, 0, 200]);
    assert.deepEqual(await claimSizes(store, queue, 100), [200, 700]);
    assert.deepEqual(await claimSizes(store, queue, 100), []);
  }, OPTIONS);

  suite.test("claim delivers a larger event alone, and one after the other", async (store) => {
    const queue = newQueue();
    await pushSizes(store, queue, 70_000, 1001, 0, 1001);
    for (const sizes of [[70_000], [1001], [0], [1001]]) assert.deepEqual(await claimSizes(store, queue, 100), sizes);
  }, OPTIONS);

  suite.test("claim takes another limit of bytes, and keeps the order of what it leaves", async (store) => {
    const queue = newQueue();
    await pushSizes(store, queue, 300, 300, 300, 10, 300);
    assert.deepEqual(await claimSizes(store, queue, 100, 600), [300, 300]);
    assert.deepEqual(await claimSizes(store, queue, 100, -1), [300]);
    assert.deepEqual(await drain(store, queue), ["3", "4"]);
  }, OPTIONS);

  suite.test("what a claim leaves may be removed, and other queues are not affected", async (store) => {
    const [one, two] = [newQueue(), newQueue()];
    await pushSizes(store, one, 10, 2000, 10, 10);
    await pushSizes(store, two, 20, 30);
    assert.deepEqual(await claimSizes(store, one, 100), [10]);
    assert.deepEqual(await claimSizes(store, two, 100), [20, 30]);
    assert.equal(await countsOf(store, two), "2/2/0");
    assert.equal(await store.redo(one, bytes("0")), 1);
    assert.deepEqual(await claimSizes(store, one, 100), [10]);
    assert.equal(await store.ack(one, bytes("1")), 1);
    assert.deepEqual(await drain(store, one), ["2", "3"]);
    assert.equal(await countsOf(store, one), "1/1/0");
  }, OPTIONS);

  suite.test("claims and pops of one turn deliver each event once, whatever their limits", async (store) => {
    const queue = newQueue();
    await pushSizes(store, queue, 600, 600, 600, 600, 100);
    const claims = await Promise.all([
      store.claim(queue, 10, 60_000),
      store.pop(queue, 60_000),
      store.claim(queue, 10, 0),
      store.claim(queue, 10, 60_000),
      store.claim(queue, 10, 60_000),
    ]);
    const ids = claims.map((claimed) => [claimed].flat().map((event) => Number(new TextDecoder().decode(event!.id))));
    assert.deepEqual(ids, [[0], [1], [2], [3, 4], []]);
    assert.equal(await countsOf(store, queue), "4/4/0");
  }, OPTIONS);
}
