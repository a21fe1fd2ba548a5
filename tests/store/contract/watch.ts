/**
 * watch.
 *
 * @module
 */
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { bytes, lease, newQueue, push, type Suite } from "./suite.ts";

/** Watches a queue. `sum` is what it has been told so far. */
export async function watching(store: Store, queue: Uint8Array) {
  const seen = { sum: 0, stop: () => Promise.resolve() };
  seen.stop = await store.watch(queue, (events) => {
    assert.ok(events > 0);
    seen.sum += events;
  });
  return seen;
}

/** Waits for the sum, and then for a push on another queue that is watched too, so that anything more would be seen. */
export async function told(store: Store, seen: { sum: number }, sum: number): Promise<void> {
  await eventually(() => seen.sum >= sum);
  const other = newQueue();
  const marker = await watching(store, other);
  await push(store, other, "1");
  await eventually(() => marker.sum === 1);
  await marker.stop();
  await store.flush(other);
  assert.equal(seen.sum, sum);
}

/** Declares the tests. */
export function watchTests(suite: Suite): void {
  suite.test("watch tells of every push, on either side", async (store) => {
    const queue = newQueue();
    const seen = await watching(store, queue);
    await push(store, queue, "1");
    await store.push(queue, bytes("2"), bytes(""), "right");
    await told(store, seen, 2);
    await Promise.all(["3", "4", "5"].map((id) => store.push(queue, bytes(id), bytes(""), "left")));
    await told(store, seen, 5);
    await seen.stop();
  });

  suite.test("watch does not tell of what makes no event ready", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    const seen = await watching(store, queue);
    await store.push(queue, bytes("1"), bytes(""), "left");
    await store.peek(queue, "left");
    await lease(store, queue, 1);
    await store.redo(queue, bytes("2"));
    await store.ack(queue, bytes("1"));
    await store.register(queue, "instance", 1);
    await store.register(queue, "instance", 0);
    await store.flush(queue);
    await told(store, seen, 0);
    await seen.stop();
  });

  suite.test("watch tells of redo", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await lease(store, queue, 1);
    const seen = await watching(store, queue);
    await store.redo(queue, bytes("1"));
    await told(store, seen, 1);
    await seen.stop();
  });

  suite.test("watch tells of leases that end", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    await lease(store, queue, 2, 20);
    const seen = await watching(store, queue);
    await eventually(async () => {
      await store.reclaim();
      assert.equal(await store.ready(queue), 3);
    });
    await told(store, seen, 2);
    await seen.stop();
  });

  suite.test("watch tells each of several listeners, and of its own queue only", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    const [one, two, three] = [
      await watching(store, queue),
      await watching(store, queue),
      await watching(store, other),
    ];
    await push(store, queue, "1", "2");
    await told(store, one, 2);
    await told(store, two, 2);
    await told(store, three, 0);
    for (const seen of [one, two, three]) await seen.stop();
  });

  suite.test("watch tells nothing after it was called off, and the other listeners still", async (store) => {
    const queue = newQueue();
    const [one, two] = [await watching(store, queue), await watching(store, queue)];
    await push(store, queue, "1");
    await told(store, one, 1);
    await one.stop();
    await push(store, queue, "2");
    await told(store, two, 2);
    assert.equal(one.sum, 1);
    await two.stop();
    await push(store, queue, "3");
    await told(store, two, 2);
    const again = await watching(store, queue);
    await push(store, queue, "4");
    await told(store, again, 1);
    await again.stop();
  });

  suite.test("watch may call the store back", async (store) => {
    const queue = newQueue();
    const popped: Promise<unknown>[] = [];
    const stop = await store.watch(queue, (events) => {
      for (let i = 0; i < events; i++) popped.push(store.pop(queue, 0));
    });
    await push(store, queue, "1", "2", "3");
    await eventually(async () => {
      assert.equal((await Promise.all(popped)).filter((event) => event !== null).length, 3);
    });
    await stop();
    assert.equal(await store.ready(queue), 0);
  });
}
