/**
 * Many operations in one turn of the event loop.
 *
 * @module
 */
import { assert } from "../../deps.ts";
import { keyOf } from "../../../store/bytes.ts";
import { bytes, countsOf, drain, lease, newQueue, push, shown, type Suite } from "./suite.ts";

export function concurrencyTests(suite: Suite): void {
  suite.test("push of one id twice in one turn adds the first", async (store) => {
    const queue = newQueue();
    const [first, second] = [
      store.push(queue, bytes("1"), bytes("a"), "left"),
      store.push(queue, bytes("1"), bytes("b"), "left"),
    ];
    assert.deepEqual([await first, await second], [true, false]);
    assert.equal(shown(await store.pop(queue, 0)), "1=a");
  });

  suite.test("operations of one turn take effect in the order of the calls", async (store) => {
    const queue = newQueue();
    const put = (id: string) => store.push(queue, bytes(id), bytes(id), "left");
    const results = await Promise.all([
      store.pop(queue, 60_000).then(shown),
      put("1"),
      store.pop(queue, 60_000).then(shown),
      put("1"),
      store.ack(queue, bytes("1")),
      put("1"),
      put("2"),
      store.peek(queue, "left").then(shown),
      store.ready(queue),
      store.pop(queue, 60_000).then(shown),
      store.redo(queue, bytes("1")),
      store.status(queue).then(({ total, processing }) => `${total}/${processing}`),
      store.pop(queue, 0).then(shown),
      store.flush(queue),
      store.ready(queue),
      put("2"),
      store.pop(queue, 60_000).then(shown),
      store.ack(queue, bytes("2")),
    ]);
    // deno-fmt-ignore
    assert.deepEqual(results, [
      "nil", true, "1=1", false, 1, true, true, "2=2", 2, "1=1", 1, "2/0", "1=1", undefined, 0, true, "2=2", 1,
    ]);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("hundreds of operations on several queues at once lose and double nothing", async (store) => {
    const queues = [...Array(7)].map(newQueue);
    const ids = [...Array(300)].map((_, i) => `${i}`);
    const pushes = ids.flatMap((id) => queues.map((queue) => store.push(queue, bytes(id), bytes(`c-${id}`), "left")));
    assert.ok((await Promise.all(pushes)).every((done) => done));
    const popped = await Promise.all(queues.map((queue) => Promise.all(ids.map(() => store.pop(queue, 60_000)))));
    for (const events of popped) assert.deepEqual(events.map(shown), ids.map((id) => `${id}=c-${id}`));
    assert.deepEqual(await Promise.all(queues.map((queue) => store.pop(queue, 60_000))), queues.map(() => null));
    const acks = queues.flatMap((queue) => ids.map((id) => store.ack(queue, bytes(id))));
    assert.equal((await Promise.all(acks)).reduce((a, b) => a + b), acks.length);
    for (const queue of queues) assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("many pops of one turn see the changes between them", async (store) => {
    const queue = newQueue();
    const ids = [...Array(100)].map((_, i) => `${i}`);
    await push(store, queue, ...ids.slice(0, 70));
    const popped = (count: number, leaseMs: number) => [...Array(count)].map(() => store.pop(queue, leaseMs));
    const results = await Promise.all([
      ...popped(20, 60_000),
      store.push(queue, bytes("right"), bytes(""), "right"),
      ...popped(20, 60_000),
      ...ids.slice(70).map((id) => store.push(queue, bytes(id), bytes(""), "left")),
      ...popped(20, 0),
      store.ack(queue, bytes("7")),
      store.ack(queue, bytes("80")),
      store.redo(queue, bytes("right")),
      store.push(queue, bytes("50"), bytes(""), "left"),
      ...popped(60, 60_000),
    ]);
    const events = results.map((result) => result !== null && typeof result === "object" ? keyOf(result.id) : result);
    const after = [...ids.slice(59, 80), ...ids.slice(81), "50"];
    assert.deepEqual(events, [
      ...ids.slice(0, 20),
      true,
      "right",
      ...ids.slice(20, 39),
      ...Array(30).fill(true),
      ...ids.slice(39, 59),
      ...[1, 1, 1, true],
      "right",
      ...after,
      ...Array(60 - 1 - after.length).fill(null),
    ]);
    assert.equal(await countsOf(store, queue), `${38 + 1 + after.length}/${38 + 1 + after.length}/0`);
  });

  suite.test("pops and acknowledgements between pushes lose and double nothing", async (store) => {
    const queue = newQueue();
    const got: string[] = [];
    let pushing = true;
    const consume = async () => {
      while (true) {
        const done = !pushing;
        const event = await store.pop(queue, 60_000);
        if (event !== null) {
          got.push(keyOf(event.id));
          assert.equal(await store.ack(queue, event.id), 1);
        } else if (done) return;
      }
    };
    const consumers = [...Array(10)].map(consume);
    const producers = [...Array(10)].map(async (_, p) => {
      for (let i = 0; i < 30; i++) await push(store, queue, `${p}-${i}`);
    });
    await Promise.all(producers);
    pushing = false;
    await Promise.all(consumers);
    assert.equal(got.length, 300);
    assert.equal(new Set(got).size, 300);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("close completes the requested operations", async (store) => {
    const queue = newQueue();
    const pushes = [...Array(100)].map((_, i) => store.push(queue, bytes(`${i}`), bytes(""), "left"));
    const closing = store.close();
    assert.ok((await Promise.all(pushes)).every((done) => done));
    await closing;
  });

  suite.test("redo of several events in one turn returns each once", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    await lease(store, queue, 3);
    await Promise.all(["1", "2", "3", "2"].map((id) => store.redo(queue, bytes(id))));
    assert.deepEqual(await drain(store, queue), ["3", "2", "1"]);
  });
}
