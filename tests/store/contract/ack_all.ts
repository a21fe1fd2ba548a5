/**
 * ackAll: several acknowledgements in one step.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { MAX_TOGETHER } from "../../../store/limits.ts";
import { assert } from "../../deps.ts";
import {
  assertStates,
  bytes,
  claimIds,
  claimOne,
  countsOf,
  drain,
  newQueue,
  push,
  pushGroup,
  pushWith,
  reclaimUntilReady,
  sleep,
  type Suite,
} from "./suite.ts";
import { assertNotified, watchQueue } from "./watch.ts";

export function ackAllTests(suite: Suite): void {
  suite.test("ackAll removes the leased events of current deliveries and returns their number", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4");
    const claimed = await store.claim(queue, 3, 60_000);
    assert.equal(await store.ackAll(queue, claimed.slice(0, 2)), 2);
    assert.equal(await store.ackAll(queue, claimed.slice(0, 2)), 0);
    assert.equal(await countsOf(store, queue), "2/1/0");
    assert.equal((await store.status(queue)).acked, 2);
    assert.equal(await store.ackAll(queue, claimed), 1);
    assert.deepEqual(await drain(store, queue), ["4"]);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("ackAll passes over deliveries that are not current", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3", "4", "5");
    const [one, two, three, four] = await store.claim(queue, 4, 60_000);
    await store.redo(queue, two.id);
    await store.nack(queue, three.id, undefined, { delayMs: 600_000 });
    await store.redo(queue, four.id);
    const again = await claimOne(store, queue);
    assert.equal(keyOf(again.id), "4");
    const deliveries = [
      { id: bytes("absent"), receipt: one.receipt },
      ...[two, three, four],
      { id: bytes("5"), receipt: one.receipt },
      { id: one.id, receipt: bytes("") },
      { id: one.id, receipt: bytes("x") },
      one,
      one,
      again,
    ];
    assert.equal(await store.ackAll(queue, deliveries), 2);
    await assertStates(store, queue, "2/0/1/0");
    assert.equal(await store.ackAll(newQueue(), [one]), 0);
  });

  suite.test("ackAll acknowledges MAX_TOGETHER deliveries", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: MAX_TOGETHER + 1 }, (_, i) => bytes(`${i}`));
    await Promise.all(ids.map((id, i) => store.push(queue, id, new Uint8Array(i % 2 ? 0 : 300), "left")));
    const claimed = await store.claim(queue, MAX_TOGETHER, 60_000);
    assert.equal(await store.ackAll(queue, claimed), MAX_TOGETHER);
    assert.deepEqual(await drain(store, queue), [`${MAX_TOGETHER}`]);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("ackAll acknowledges events that expired while they were leased, not those whose lease has ended", async (store) => {
    const queue = newQueue();
    // In one turn, so that it cannot expire before it is delivered.
    const pushed = pushWith(store, queue, "1", { ttlMs: 10 });
    const expired = await store.claim(queue, 1, 60_000);
    await pushed;
    await push(store, queue, "2");
    const ended = await claimOne(store, queue, 1);
    await reclaimUntilReady(store, queue, 1);
    await sleep(10);
    assert.equal(await store.ackAll(queue, [...expired, ended]), 1);
    assert.deepEqual(await drain(store, queue), ["2"]);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("ackAll frees the places of groups, and listeners are notified of the next events", async (store) => {
    const queue = newQueue();
    await store.setPolicy(queue, { groupLimit: 2 });
    await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4", "a5");
    await pushGroup(store, queue, "b", "b1", "b2", "b3");
    const claimed = await store.claim(queue, 10, 60_000);
    assert.deepEqual(claimed.map(({ id }) => keyOf(id)), ["a1", "a2", "b1", "b2"]);
    const seen = await watchQueue(store, queue);
    assert.equal(await store.ackAll(queue, claimed), 4);
    await assertNotified(store, seen, 3);
    await seen.stop();
    await assertStates(store, queue, "3/0/0/1");
    assert.deepEqual(await claimIds(store, queue), ["a3", "a4", "b3"]);
    await store.flush(queue);
    await store.setPolicy(queue, null);
  });

  suite.test("ackAll among other operations of one turn takes effect in the order of the calls", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    const claimed = await store.claim(queue, 3, 60_000);
    const results = await Promise.all([
      store.redo(queue, bytes("1")),
      store.ackAll(queue, claimed),
      store.push(queue, bytes("2"), bytes(""), "left"),
      store.push(queue, bytes("1"), bytes(""), "left"),
      store.ackAll(queue, claimed),
      store.ready(queue),
    ]);
    assert.deepEqual(results, [1, 2, true, false, 0, 2]);
    assert.deepEqual(await drain(store, queue), ["1", "2"]);
  });
}
