/**
 * watch: notifications of events that become ready.
 *
 * @module
 */
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { bytes, lease, newQueue, push, type Suite } from "./suite.ts";

/** Watches a queue. `sum` is the number of events notified of. */
export async function watchQueue(store: Store, queue: Uint8Array) {
  const seen = { sum: 0, stop: () => Promise.resolve() };
  seen.stop = await store.watch(queue, (events) => {
    assert.ok(events > 0);
    seen.sum += events;
  });
  return seen;
}

/** Waits for the sum, then for a push to another watched queue, so that any further notification would be seen. */
export async function assertNotified(store: Store, seen: { sum: number }, sum: number): Promise<void> {
  await eventually(() => seen.sum >= sum);
  const other = newQueue();
  const marker = await watchQueue(store, other);
  await push(store, other, "1");
  await eventually(() => marker.sum === 1);
  await marker.stop();
  await store.flush(other);
  assert.equal(seen.sum, sum);
}

export function watchTests(suite: Suite): void {
  suite.test("watch notifies of every push, on either side", async (store) => {
    const queue = newQueue();
    const seen = await watchQueue(store, queue);
    await push(store, queue, "1");
    await store.push(queue, bytes("2"), bytes(""), "right");
    await assertNotified(store, seen, 2);
    await Promise.all(["3", "4", "5"].map((id) => store.push(queue, bytes(id), bytes(""), "left")));
    await assertNotified(store, seen, 5);
    await seen.stop();
  });

  suite.test("watch does not notify of events that were delivered in the call that pushed them", async (store) => {
    const queue = newQueue();
    const seen = await watchQueue(store, queue);
    const pushes = ["1", "2", "3"].map((id) => store.push(queue, bytes(id), bytes(""), "left"));
    const [claimed, popped] = await Promise.all([store.claim(queue, 1), store.pop(queue), ...pushes]);
    assert.deepEqual([claimed[0].id, popped?.id], [bytes("1"), bytes("2")]);
    await assertNotified(store, seen, 1);
    await seen.stop();
  });

  suite.test("watch does not notify of operations that make no event ready", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    const seen = await watchQueue(store, queue);
    await store.push(queue, bytes("1"), bytes(""), "left");
    await store.peek(queue, "left");
    await lease(store, queue, 1);
    await store.redo(queue, bytes("2"));
    await store.ack(queue, bytes("1"));
    await store.register(queue, 1);
    await store.register(queue, 0);
    await store.flush(queue);
    await assertNotified(store, seen, 0);
    await seen.stop();
  });

  suite.test("watch notifies of redo", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await lease(store, queue, 1);
    const seen = await watchQueue(store, queue);
    await store.redo(queue, bytes("1"));
    await assertNotified(store, seen, 1);
    await seen.stop();
  });

  suite.test("watch notifies of leases that end", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    await lease(store, queue, 2, 20);
    const seen = await watchQueue(store, queue);
    await eventually(async () => {
      await store.reclaim();
      assert.equal(await store.ready(queue), 3);
    });
    await assertNotified(store, seen, 2);
    await seen.stop();
  });

  suite.test("watch notifies each of several listeners, of its own queue only", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    const [one, two, three] = [
      await watchQueue(store, queue),
      await watchQueue(store, queue),
      await watchQueue(store, other),
    ];
    await push(store, queue, "1", "2");
    await assertNotified(store, one, 2);
    await assertNotified(store, two, 2);
    await assertNotified(store, three, 0);
    for (const seen of [one, two, three]) await seen.stop();
  });

  suite.test("watch does not notify a listener that was removed, and still notifies the others", async (store) => {
    const queue = newQueue();
    const [one, two] = [await watchQueue(store, queue), await watchQueue(store, queue)];
    await push(store, queue, "1");
    await assertNotified(store, one, 1);
    await one.stop();
    await push(store, queue, "2");
    await assertNotified(store, two, 2);
    assert.equal(one.sum, 1);
    await two.stop();
    await push(store, queue, "3");
    await assertNotified(store, two, 2);
    const again = await watchQueue(store, queue);
    await push(store, queue, "4");
    await assertNotified(store, again, 1);
    await again.stop();
  });

  suite.test("a listener may call the store", async (store) => {
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
