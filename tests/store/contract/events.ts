/**
 * push, peek, pop without a lease, ack of ready events, flush; byte strings.
 *
 * @module
 */
import { assert } from "../../deps.ts";
import { bytes, countsOf, drain, lease, newQueue, push, shown, type Suite } from "./suite.ts";

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const NOT_UTF8 = Uint8Array.of(0xc3, 0x28, 0xff, 0xfe, 0x00, 0x0d, 0x0a);

export function eventTests(suite: Suite): void {
  suite.test("push adds on the left, so that events are popped in the order of their pushes", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    assert.equal(shown(await store.peek(queue, "left")), "3=c-3");
    assert.equal(shown(await store.peek(queue, "right")), "1=c-1");
    assert.deepEqual(await drain(store, queue), ["1", "2", "3"]);
  });

  suite.test("push on the right makes the event the next one popped", async (store) => {
    const queue = newQueue();
    for (const [id, side] of [["a", "right"], ["b", "left"], ["c", "right"], ["d", "left"], ["e", "right"]] as const) {
      assert.equal(await store.push(queue, bytes(id), bytes(""), side), true);
    }
    assert.equal(shown(await store.peek(queue, "left")), "d=");
    assert.deepEqual(await drain(store, queue), ["e", "c", "a", "b", "d"]);
  });

  for (const side of ["left", "right"] as const) {
    suite.test(`push on the ${side} refuses the id of a ready event and does not change that event`, async (store) => {
      const queue = newQueue();
      await push(store, queue, "1", "2");
      assert.equal(await store.push(queue, bytes("1"), bytes("other"), side), false);
      assert.equal(await countsOf(store, queue), "2/0/0");
      assert.equal(shown(await store.pop(queue, 0)), "1=c-1");
      assert.equal(shown(await store.pop(queue, 0)), "2=c-2");
    });

    suite.test(`push on the ${side} refuses the id of a leased event`, async (store) => {
      const queue = newQueue();
      await push(store, queue, "1");
      await store.pop(queue, 60_000);
      assert.equal(await store.push(queue, bytes("1"), bytes("other"), side), false);
      assert.equal(await countsOf(store, queue), "1/1/0");
      assert.equal(await store.redo(queue, bytes("1")), 1);
      assert.equal(shown(await store.pop(queue, 0)), "1=c-1");
    });
  }

  suite.test("push of one id many times in one turn adds only the first", async (store) => {
    const queue = newQueue();
    const all = ["1=a", "2=b", "1=c", "3=d", "3=e", "1=f"].map((event) => event.split("="));
    const added = await Promise.all(all.map(([id, contents]) => store.push(queue, bytes(id), bytes(contents), "left")));
    assert.deepEqual(added, [true, true, false, true, false, false]);
    assert.equal(await countsOf(store, queue), "3/0/0");
    assert.equal((await store.status(queue)).pushed, 3);
    for (const event of ["1=a", "2=b", "3=d"]) assert.equal(shown(await store.pop(queue, 0)), event);
    assert.equal(await store.pop(queue, 0), null);
  });

  suite.test("pushes of one turn add the ids that are new and refuse those that the queue holds", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "3");
    const ids = ["0", "1", "2", "3", "2", "4"].map(bytes);
    const added = await Promise.all(ids.map((id) => store.push(queue, id, bytes("new"), "left")));
    assert.deepEqual(added, [true, false, true, false, false, true]);
    for (const event of ["1=c-1", "3=c-3", "0=new", "2=new", "4=new"]) {
      assert.equal(shown(await store.pop(queue, 0)), event);
    }
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("push accepts an id again after its event was acknowledged, popped without a lease or flushed", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1");
    await store.ack(queue, bytes("1"));
    await push(store, queue, "1");
    await store.pop(queue, 60_000);
    await store.ack(queue, bytes("1"));
    await push(store, queue, "1");
    await store.pop(queue, 0);
    await push(store, queue, "1");
    await store.flush(queue);
    await push(store, queue, "1");
    assert.deepEqual(await drain(store, queue), ["1"]);
  });

  suite.test("push of one id into two queues adds two events", async (store) => {
    const [one, two] = [newQueue(), newQueue()];
    await push(store, one, "1");
    await push(store, two, "1");
    assert.equal(await store.ack(one, bytes("1")), 1);
    assert.deepEqual(await drain(store, one), []);
    assert.deepEqual(await drain(store, two), ["1"]);
  });

  suite.test("peek and pop return every byte of ids and contents", async (store) => {
    const queue = newQueue();
    for (
      const [id, contents] of [[EVERY_BYTE, NOT_UTF8], [NOT_UTF8, EVERY_BYTE], [Uint8Array.of(0), new Uint8Array()]]
    ) {
      assert.equal(await store.push(queue, id, contents, "left"), true);
      assert.equal(await store.push(queue, id, contents, "left"), false);
      assert.equal(shown(await store.peek(queue, "left")), shown({ id, contents }));
      assert.equal(shown(await store.pop(queue, 60_000)), shown({ id, contents }));
      assert.equal(await store.redo(queue, id), 1);
      assert.equal(shown(await store.pop(queue, 60_000)), shown({ id, contents }));
      assert.equal(await store.ack(queue, id), 1);
    }
  });

  suite.test("queue names that differ in one byte, or contain parts of others, are different queues", async (store) => {
    const base = newQueue();
    const tails = [
      "",
      "\0",
      ":",
      ":ready",
      ":events",
      ":leases",
      ":queues",
      "}",
      "{",
      "{a}",
      ":dead",
      "%00",
      "\\x00",
      " ",
    ];
    const names = [
      ...tails.map((tail) => Uint8Array.of(...base, ...bytes(tail))),
      Uint8Array.of(...base, ...EVERY_BYTE),
    ];
    names.push(Uint8Array.of(...base, 0xff), Uint8Array.of(...base, 0xc3, 0xbf), Uint8Array.of(0xff, ...base));
    for (const [i, name] of names.entries()) await push(store, name, "same", `own-${i}`);
    for (const [i, name] of names.entries()) assert.deepEqual(await drain(store, name), ["same", `own-${i}`]);
  });

  suite.test("push copies its arguments", async (store) => {
    const [queue, id, contents] = [newQueue(), bytes("1"), bytes("contents")];
    const [sameQueue] = [queue.slice()];
    await store.push(queue, id, contents, "left");
    for (const given of [queue, id, contents]) given.fill(0);
    assert.equal(await store.push(sameQueue, bytes("2"), new Uint8Array(), "left"), true);
    assert.equal(shown(await store.pop(sameQueue, 0)), "1=contents");
    assert.equal(await countsOf(store, sameQueue), "1/0/0");
  });

  suite.test("push accepts contents of 16 MiB, and of sizes around the limits inside stores", async (store) => {
    const queue = newQueue();
    for (const size of [63, 64, 255, 256, 257, 4095, 4096, 65_535, 65_536, 16 * 1024 * 1024]) {
      const contents = new Uint8Array(size);
      for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(contents.subarray(at, at + 65_536));
      assert.equal(await store.push(queue, bytes("1"), contents, "left"), true);
      for (const take of [() => store.peek(queue, "left"), () => store.pop(queue, 60_000)]) {
        const event = await take();
        assert.ok(event !== null && sameBytes(event.contents, contents), `contents of ${size} bytes`);
      }
      assert.equal(await store.ack(queue, bytes("1")), 1);
    }
  });

  suite.test("peek returns null for an empty queue and skips leased events", async (store) => {
    const queue = newQueue();
    for (const side of ["left", "right"] as const) assert.equal(await store.peek(queue, side), null);
    await push(store, queue, "1", "2");
    await lease(store, queue, 1);
    for (const side of ["left", "right"] as const) assert.equal(shown(await store.peek(queue, side)), "2=c-2");
    await lease(store, queue, 1);
    for (const side of ["left", "right"] as const) assert.equal(await store.peek(queue, side), null);
    assert.equal(await countsOf(store, queue), "2/2/0");
  });

  suite.test("pop returns null for an empty queue", async (store) => {
    const queue = newQueue();
    assert.equal(await store.pop(queue, 0), null);
    assert.equal(await store.pop(queue, 60_000), null);
    assert.equal(await countsOf(store, queue), "0/0/0");
  });

  suite.test("pop with 0 removes the event for good", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    assert.equal(shown(await store.pop(queue, 0)), "1=c-1");
    assert.equal(await countsOf(store, queue), "1/0/0");
    assert.equal(await store.ack(queue, bytes("1")), 0);
    assert.equal(await store.redo(queue, bytes("1")), 0);
  });

  suite.test("ack removes a ready event in any position, once", async (store) => {
    const queue = newQueue();
    await push(store, queue, "1", "2", "3");
    assert.equal(await store.ack(queue, bytes("2")), 1);
    assert.equal(await store.ack(queue, bytes("2")), 0);
    assert.deepEqual(await drain(store, queue), ["1", "3"]);
  });

  suite.test("ack returns 0 for an unknown id or queue", async (store) => {
    const queue = newQueue();
    assert.equal(await store.ack(queue, bytes("1")), 0);
    await push(store, queue, "1");
    assert.equal(await store.ack(queue, bytes("11")), 0);
    assert.equal(await store.ack(queue, bytes("")), 0);
    assert.equal(await countsOf(store, queue), "1/0/0");
  });

  suite.test("flush removes ready and leased events of its queue only", async (store) => {
    const [queue, other] = [newQueue(), newQueue()];
    await push(store, queue, "1", "2", "3");
    await push(store, other, "1", "2");
    await lease(store, queue, 2);
    await lease(store, other, 1);
    await store.flush(queue);
    assert.equal(await countsOf(store, queue), "0/0/0");
    assert.equal(await countsOf(store, other), "2/1/0");
    for (const id of ["1", "2", "3"]) {
      assert.equal(await store.redo(queue, bytes(id)), 0);
      assert.equal(await store.ack(queue, bytes(id)), 0);
    }
    assert.equal(await store.pop(queue, 0), null);
    await store.flush(queue);
  });

  suite.test("flush of very many events leaves none, and the queue can be used at once", async (store) => {
    const queue = newQueue();
    const ids = Array.from({ length: 5000 }, (_, i) => bytes(`${i}`));
    await Promise.all(ids.map((id) => store.push(queue, id, id, "left")));
    await Promise.all(ids.slice(0, 2500).map(() => store.pop(queue, 10)));
    await store.flush(queue);
    await push(store, queue, "1", "9");
    for (let i = 0; i < 5; i++) await store.reclaim();
    assert.equal(await countsOf(store, queue), "2/0/0");
    assert.equal(await store.ack(queue, bytes("2")), 0);
    assert.deepEqual(await drain(store, queue), ["1", "9"]);
  });
}

/** Far faster than an assertion on millions of elements. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
