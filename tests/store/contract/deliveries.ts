/**
 * Deliveries: claim, attempts, receipts; ack, redo, release, nack and touch with a receipt.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { MAX_CLAIM_COUNT } from "../../../store/limits.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  bytes,
  claimOne,
  countsOf,
  drain,
  lease,
  newQueue,
  push,
  reclaimUntilReady,
  shown,
  sleep,
  type Suite,
} from "./suite.ts";

/** Ways to end the delivery of event 1 that return the event. */
const RETURNS: Record<string, (store: Store, queue: Uint8Array) => Promise<unknown>> = {
  "redo": (store, queue) => store.redo(queue, bytes("1")),
  "nack": (store, queue) => store.nack(queue, bytes("1")),
  "the end of its lease": async (store, queue) => {
    await store.touch(queue, bytes("1"), 1);
    await reclaimUntilReady(store, queue, 1);
  },
};

/** The operations that take a receipt. */
const WITH_RECEIPT: Record<string, (store: Store, queue: Uint8Array, receipt: Uint8Array) => Promise<number>> = {
  ack: (store, queue, receipt) => store.ack(queue, bytes("1"), receipt),
  redo: (store, queue, receipt) => store.redo(queue, bytes("1"), receipt),
  release: (store, queue, receipt) => store.release(queue, bytes("1"), receipt),
  nack: (store, queue, receipt) => store.nack(queue, bytes("1"), receipt),
  touch: (store, queue, receipt) => store.touch(queue, bytes("1"), 60_000, receipt),
};

export function deliveryTests(suite: Suite): void {
  suite.test("claim leases up to `count` events, the right-most first", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    assert.deepEqual((await store.claim(queue, 2, 60_000)).map(shown), ["1=c-1", "2=c-2"]);
    assert.equal(await countsOf(store, queue), "3/2/0");
    assert.deepEqual((await store.claim(queue, 2, 60_000)).map(shown), ["3=c-3"]);
    assert.deepEqual(await store.claim(queue, 2, 60_000), []);
    assert.deepEqual(await store.claim(newQueue(), 1, 60_000), []);
  });

  suite.test("claim delivers at most MAX_CLAIM_COUNT events", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: MAX_CLAIM_COUNT + 1 }, (_, i) => bytes(`${i}`));
    await Promise.all(ids.map((id) => store.push(queue, id, id, "left")));
    const claimed = await store.claim(queue, 1e9, 60_000);
    assert.deepEqual(claimed.map(shown), ids.slice(0, MAX_CLAIM_COUNT).map((id) => shown({ id, contents: id })));
    assert.equal((await store.claim(queue, 1e9, 60_000)).length, 1);
  });

  suite.test("claim with a lease of 0 removes the events for good", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    assert.deepEqual((await store.claim(queue, 2, 0)).map(shown), ["1=c-1", "2=c-2"]);
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.equal(await store.ack(queue, bytes("1")), 0);
  });

  suite.test("claim returns every byte of contents of any size", async (store) => {
    const queue = newQueue();
    for (const size of [0, 1, 256, 257, 70_000]) {
      const contents = Uint8Array.from({ length: size }, (_, i) => i % 256);
      await store.push(queue, bytes("1"), contents, "left");
      for (const end of [store.redo, store.ack]) {
        const { contents: claimed } = await claimOne(store, queue);
        assert.ok(claimed.length === size && claimed.every((byte, i) => byte === i % 256));
        await end.call(store, queue, bytes("1"));
      }
    }
  });

  for (const [way, giveBack] of Object.entries(RETURNS)) {
    suite.test(`attempt counts the deliveries that ended by ${way}, made by pop or claim`, async (store) => {
      const queue = newQueue();
      await push(store, queue, "1", "2");
      assert.equal((await claimOne(store, queue)).attempt, 1);
      await lease(store, queue, 1);
      await giveBack(store, queue);
      await lease(store, queue, 1);
      await giveBack(store, queue);
      assert.equal((await claimOne(store, queue)).attempt, 3);
      await store.redo(queue, bytes("2"));
      assert.equal((await claimOne(store, queue)).attempt, 2);
    });
  }

  suite.test("attempt is 1 for an event that is pushed again with the same id", async (store) => {
    const queue = newQueue();
    const ends = [
      () => store.ack(queue, bytes("1")),
      () => store.redo(queue, bytes("1")).then(() => store.ack(queue, bytes("1"))),
      () => store.redo(queue, bytes("1")).then(() => store.pop(queue, 0)),
      () => store.nack(queue, bytes("1"), undefined, { delayMs: 60_000 }).then(() => store.ack(queue, bytes("1"))),
      () => store.flush(queue),
    ];
    for (const end of ends) {
      await push(store, queue, "1");
      const first = await claimOne(store, queue);
      await store.nack(queue, bytes("1"), undefined, { reason: bytes("a reason") });
      assert.equal((await claimOne(store, queue)).attempt, 2);
      await end();
      await push(store, queue, "1");
      const again = await claimOne(store, queue);
      assert.equal(again.attempt, 1);
      assert.notEqual(keyOf(again.receipt), keyOf(first.receipt));
      assert.equal(await store.ack(queue, bytes("1"), first.receipt), 0);
      assert.equal(await store.ack(queue, bytes("1"), again.receipt), 1);
    }
  });

  suite.test("an event acknowledged and pushed again in one turn has another receipt and attempt 1", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    const [old] = await store.claim(queue, 1, 60_000);
    await store.redo(queue, bytes("1"));
    const results = await Promise.all([
      store.ack(queue, bytes("1")),
      store.push(queue, bytes("1"), bytes("2"), "left"),
      store.claim(queue, 1, 60_000),
      store.ack(queue, bytes("1")),
      store.push(queue, bytes("1"), bytes("3"), "left"),
      store.claim(queue, 1, 60_000),
    ]);
    const claims = [old, ...results[2], ...results[5]];
    assert.deepEqual(claims.map((claimed) => `${shown(claimed)} ${claimed.attempt}`), ["1=c-1 1", "1=2 1", "1=3 1"]);
    assert.equal(new Set(claims.map(({ receipt }) => keyOf(receipt))).size, 3);
    for (const { receipt } of claims.slice(0, 2)) assert.equal(await store.ack(queue, bytes("1"), receipt), 0);
    assert.equal(await store.ack(queue, bytes("1"), claims[2].receipt), 1);
  });

  suite.test("receipts are unique text of at most 64 bytes", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    const receipts = [];
    for (let i = 0; i < 2; i++) {
      for (const { id, receipt } of await store.claim(queue, 3, 60_000)) {
        receipts.push(keyOf(receipt));
        await store.redo(queue, id);
      }
    }
    assert.equal(new Set(receipts).size, 6);
    for (const receipt of receipts) assert.match(receipt, /^[!-~]{1,64}$/);
  });

  for (const [name, apply] of Object.entries(WITH_RECEIPT)) {
    suite.test(`${name} with a receipt applies to the current delivery only`, async (store) => {
      const queue = newQueue();
      await push(store, queue, "1", "2");
      const first = await claimOne(store, queue);
      assert.equal(
        await apply(store, queue, (await claimOne(store, queue)).receipt),
        0,
        "the receipt of another event",
      );
      await store.redo(queue, bytes("1"));
      assert.equal(await apply(store, queue, first.receipt), 0, "it is ready again");
      const second = await claimOne(store, queue);
      assert.equal(await apply(store, queue, first.receipt), 0, "another delivery leases it");
      for (const bad of ["", "x", "0".repeat(18) + "-1", "0".repeat(18), "-1", "\0", "9".repeat(1000)]) {
        assert.equal(await apply(store, queue, bytes(bad)), 0, `receipt ${JSON.stringify(bad)}`);
      }
      assert.equal(await countsOf(store, queue), "2/2/0");
      assert.equal(await apply(store, queue, second.receipt), 1);
      assert.equal(await apply(store, queue, second.receipt), name === "touch" ? 1 : 0);
    });
  }

  suite.test("acks with receipts of one turn remove each event once, and no other", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4");
    const [one, two, three] = await store.claim(queue, 3, 60_000);
    const acks = [[one, one], [two, one], [one, one], [two, two], [three, two], [two, two]];
    const results = await Promise.all(acks.map(([event, { receipt }]) => store.ack(queue, event.id, receipt)));
    assert.deepEqual(results, [1, 0, 0, 1, 0, 0]);
    assert.equal(await countsOf(store, queue), "2/1/0");
  });

  suite.test("ack with a receipt does nothing once the lease has ended and the event is ready again", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    const { receipt } = await claimOne(store, queue, 1);
    await reclaimUntilReady(store, queue, 1);
    assert.equal(await store.ack(queue, bytes("1"), receipt), 0);
    assert.equal(await store.ready(queue), 1);
  });

  suite.test("release returns an event as if it had not been delivered", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    const { receipt } = await claimOne(store, queue);
    assert.equal(await store.release(queue, bytes("1"), receipt), 1);
    const again = await claimOne(store, queue);
    assert.deepEqual([keyOf(again.id), again.attempt, keyOf(again.receipt)], ["1", 1, keyOf(receipt)]);
  });

  suite.test("nack returns a leased event to the right end, and does nothing to others", async (store) => {
    const queue = newQueue();
    assert.equal(await store.nack(queue, bytes("1")), 0);
    await push(store, queue, "1", "2");
    assert.equal(await store.nack(queue, bytes("1")), 0);
    await lease(store, queue, 1);
    assert.equal(await store.nack(queue, bytes("1"), undefined, { reason: bytes("\0\xff") }), 1);
    assert.equal(await store.nack(queue, bytes("1")), 0);
    assert.equal(await countsOf(store, queue), "2/0/0");
    assert.deepEqual(await drain(store, queue), ["1", "2"]);
  });

  suite.test("nack with a delay delays the event, which stays in the queue", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 1);
    const since = performance.now();
    assert.equal(await store.nack(queue, bytes("1"), undefined, { delayMs: 60 }), 1);
    assert.equal(await countsOf(store, queue), "2/0/0");
    assert.equal(await store.ready(queue), 1);
    assert.equal(await store.push(queue, bytes("1"), bytes(""), "left"), false);
    assert.equal(await store.nack(queue, bytes("1")), 0);
    await reclaimUntilReady(store, queue, 2);
    assert.ok(performance.now() - since > 55);
    const [claimed] = await store.claim(queue, 1, 60_000);
    assert.deepEqual([shown(claimed), claimed.attempt], ["1=c-1", 2]);
  });

  suite.test("touch extends a lease, or shortens it", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await lease(store, queue, 1, 40);
    assert.equal(await store.touch(queue, bytes("1"), 60_000), 1);
    await lease(store, queue, 1, 60_000);
    assert.equal(await store.touch(queue, bytes("2"), 1), 1);
    await reclaimUntilReady(store, queue, 1);
    await sleep(60);
    await store.reclaim();
    assert.equal(await countsOf(store, queue), "2/1/0");
    assert.equal(shown(await store.peek(queue, "right")), "2=c-2");
  });

  suite.test("touch does nothing to an event that is not leased", async (store) => {
    const queue = newQueue();
    assert.equal(await store.touch(queue, bytes("1"), 1), 0);
    await push(store, queue, "1");
    assert.equal(await store.touch(queue, bytes("1"), 60_000), 0);
    await lease(store, queue, 1);
    await store.ack(queue, bytes("1"));
    assert.equal(await store.touch(queue, bytes("1"), 60_000), 0);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("concurrent reclaims count each lease that ends once", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 40 }, (_, i) => `${i + 10}`);
    await push(store, queue, ...ids);
    await store.claim(queue, ids.length, 5);
    await sleep(20);
    await eventually(async () => {
      await Promise.all(Array.from({ length: 5 }, () => store.reclaim()));
      assert.equal(await store.ready(queue), ids.length);
    });
    const claimed = await store.claim(queue, 100, 60_000);
    assert.deepEqual(claimed.map(({ id, attempt }) => `${keyOf(id)} ${attempt}`), ids.map((id) => `${id} 2`));
  });
}
