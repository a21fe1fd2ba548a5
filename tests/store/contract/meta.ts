/**
 * Meta and groups of single events: kept and returned.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { MAX_GROUP_BYTES, MAX_META_BYTES } from "../../../store/limits.ts";
import { deadQueueOf } from "../../../store/policy.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import {
  bytes,
  claimOne,
  drain,
  fail,
  getEvent,
  newQueue,
  push,
  pushWith,
  reclaimUntilReady,
  samePartition,
  shown,
  type Suite,
} from "./suite.ts";

const META = bytes("traceparent: 00-1\nuser: \xff");

/** Every byte, again and again. */
function anyBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 256);
}

/** Makes the event 1 ready again, in the queue that is returned. */
type Journey = (store: Store, queue: Uint8Array) => Promise<Uint8Array>;

const JOURNEYS: Record<string, Journey> = {
  redo: async (store, queue) => {
    await claimOne(store, queue);
    await store.redo(queue, bytes("1"));
    return queue;
  },
  release: async (store, queue) => {
    await store.release(queue, bytes("1"), (await claimOne(store, queue)).receipt);
    return queue;
  },
  "nack with a reason": async (store, queue) => {
    await fail(store, queue, "1", { reason: bytes("why ".repeat(100)) });
    return queue;
  },
  "a delay": async (store, queue) => {
    await fail(store, queue, "1", { delayMs: 1, reason: bytes("why") });
    await reclaimUntilReady(store, queue, 1);
    return queue;
  },
  "the end of its lease": async (store, queue) => {
    await claimOne(store, queue, 1);
    await reclaimUntilReady(store, queue, 1);
    return queue;
  },
  "its last attempt": async (store, queue) => {
    await fail(store, queue, "1", { dead: true, reason: bytes("why") });
    return deadQueueOf(queue);
  },
  bury: async (store, queue) => {
    await store.bury(queue, bytes("1"));
    return deadQueueOf(queue);
  },
  move: async (store, queue) => {
    await store.move(queue, samePartition(queue), 1, 0);
    return samePartition(queue);
  },
  moveEvent: async (store, queue) => {
    await store.moveEvent(queue, samePartition(queue), bytes("1"));
    return samePartition(queue);
  },
};

export function metaTests(suite: Suite): void {
  suite.test("claim and get return meta, of any bytes and sizes, beside contents of any size", async (store) => {
    const queue = newQueue();
    for (const metaSize of [1, 2, 63, 64, 255, 256, 257, MAX_META_BYTES]) {
      for (const size of [0, 1, 255, 256, 257, 70_000]) {
        const [meta, contents] = [anyBytes(metaSize), anyBytes(size).reverse()];
        assert.equal(await store.push(queue, bytes("1"), contents, "left", { meta }), true);
        const details = await getEvent(store, queue, "1");
        const claimed = await claimOne(store, queue);
        for (const event of [details, claimed]) {
          const what = `meta of ${metaSize} bytes, contents of ${size}`;
          assert.ok(keyOf(event.meta!) === keyOf(meta), what);
          assert.ok(keyOf(event.contents) === keyOf(contents), what);
          assert.equal(event.group, null);
        }
        assert.equal(details.size, size);
        assert.equal(await store.ack(queue, bytes("1"), claimed.receipt), 1);
      }
    }
  });

  suite.test("claim and get return groups of any bytes and sizes, with and without meta", async (store) => {
    const queue = newQueue();
    for (const length of [1, 2, 255, 256, 257, MAX_GROUP_BYTES]) {
      for (const meta of [undefined, META]) {
        for (const size of [0, 5, 300]) {
          const [group, contents] = [anyBytes(length), anyBytes(size)];
          await store.push(queue, bytes("1"), contents, "left", { group, meta, ttlMs: 600_000 });
          const details = await getEvent(store, queue, "1");
          const claimed = await claimOne(store, queue);
          for (const event of [details, claimed]) {
            assert.equal(keyOf(event.group!), keyOf(group));
            assert.equal(event.meta && keyOf(event.meta), meta ? keyOf(meta) : null);
            assert.ok(keyOf(event.contents) === keyOf(contents));
          }
          await store.ack(queue, bytes("1"));
        }
      }
    }
  });

  suite.test("events without a group and meta have null, also between others", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await pushWith(store, queue, "2", { meta: META });
    await push(store, queue, "3");
    await pushWith(store, queue, "4", { group: bytes("a") });
    await push(store, queue, "5");
    const claimed = await store.claim(queue, 10, 60_000);
    const text = (value: Uint8Array | null) => value && keyOf(value);
    assert.deepEqual(claimed.map(({ id, group, meta }) => [keyOf(id), text(group), text(meta)]), [
      ["1", null, null],
      ["2", null, keyOf(META)],
      ["3", null, null],
      ["4", "a", null],
      ["5", null, null],
    ]);
  });

  suite.test("pop, peek and list leave meta out of the contents", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "1", { meta: META });
    await pushWith(store, queue, "2", { meta: META, group: bytes("a") });
    assert.equal(shown(await store.peek(queue, "right")), "1=c-1");
    assert.equal(shown(await store.peek(queue, "left")), "2=c-2");
    assert.deepEqual((await store.list(queue, "ready", "0", 10)).events.map(({ size }) => size), [3, 3]);
    assert.equal(shown(await store.pop(queue, 60_000)), "1=c-1");
    assert.equal(shown(await store.pop(queue, 0)), "2=c-2");
  });

  suite.test("get returns meta also where it leaves out the contents", async (store) => {
    const queue = newQueue();
    for (const size of [20, 300, 70_000]) {
      await store.push(queue, bytes("1"), anyBytes(size), "left", { meta: META });
      const { contents, meta, size: reported } = (await store.get(queue, bytes("1"), 10))!;
      assert.deepEqual([contents.length, keyOf(meta!), reported], [0, keyOf(META), size]);
      assert.equal((await store.get(queue, bytes("1"), size))!.contents.length, size);
      await store.ack(queue, bytes("1"));
    }
  });

  for (const [way, travel] of Object.entries(JOURNEYS)) {
    suite.test(`an event keeps its meta and group through ${way}`, async (store) => {
      for (const size of [0, 300, 70_000]) {
        for (const group of [undefined, bytes("a\0")]) {
          const queue = newQueue();
          await store.push(queue, bytes("1"), anyBytes(size), "left", { meta: META, group });
          const at = await travel(store, queue);
          for (const event of [await getEvent(store, at, "1"), await claimOne(store, at)]) {
            assert.equal(keyOf(event.meta!), keyOf(META));
            assert.equal(event.group && keyOf(event.group), group ? "a\0" : null);
            assert.ok(keyOf(event.contents) === keyOf(anyBytes(size)));
          }
          await store.flush(at);
        }
      }
    });
  }

  suite.test("a delayed or blocked event keeps its meta until it is delivered", async (store) => {
    const queue = newQueue();
    await pushWith(store, queue, "late", { meta: META, delayMs: 10 });
    await reclaimUntilReady(store, queue, 1);
    await pushWith(store, queue, "first", { group: bytes("a"), meta: bytes("first") });
    await pushWith(store, queue, "next", { group: bytes("a"), meta: META });
    assert.equal(keyOf((await getEvent(store, queue, "next")).meta!), keyOf(META));
    for (const meta of [keyOf(META), "first", keyOf(META)]) {
      const claimed = await claimOne(store, queue);
      assert.equal(keyOf(claimed.meta!), meta);
      await store.ack(queue, claimed.id);
    }
  });

  suite.test("push copies its meta and group", async (store) => {
    const [queue, meta, group] = [newQueue(), bytes("meta"), bytes("group")];
    await store.push(queue, bytes("1"), bytes(""), "left", { meta, group });
    for (const given of [meta, group]) given.fill(0);
    const claimed = await claimOne(store, queue);
    assert.deepEqual([claimed.meta!, claimed.group!].map(keyOf), ["meta", "group"]);
    await pushWith(store, queue, "2", { group: bytes("group") });
    assert.equal((await getEvent(store, queue, "2")).state, "blocked");
    await store.ack(queue, bytes("1"));
    assert.deepEqual(await drain(store, queue), ["2"]);
  });
}
