import { DelayOrder, inBatches, type QueueRecord } from "../../store/records.ts";
import { assert, fc } from "../deps.ts";

/** The times of delayed events that are due at these, in this order. */
function ordered(times: number[]): number[] {
  const order = new DelayOrder();
  return times.map((ms) => order.next(ms));
}

Deno.test("DelayOrder gives each event a time after that of the event before it, in the same millisecond if it has room", () => {
  const ms = 1_767_323_045_678;
  const times = ordered(Array<number>(5000).fill(ms));
  assert.ok(times.every((time, i) => i === 0 || time > times[i - 1]));
  assert.deepEqual([times[0], Math.floor(times[4095]), times[4096]], [ms, ms, ms + 1]);
});

Deno.test("DelayOrder changes nothing when it orders the whole milliseconds of its times again", () => {
  const time = fc.oneof(fc.nat(3), fc.integer({ min: 2 ** 41 - 2, max: 2 ** 41 + 2 }), fc.constant(2 ** 47 - 5));
  fc.assert(fc.property(fc.array(time, { maxLength: 300 }), (times) => {
    const once = ordered(times.toSorted((a, b) => a - b));
    assert.deepEqual(ordered(once.map(Math.floor)), once);
    assert.ok(once.every((time, i) => i === 0 || time > once[i - 1]));
  }));
});

Deno.test("inBatches bounds the number of records, and the bytes of their contents", async () => {
  const sizes = async (records: QueueRecord[]) => {
    const found = [];
    for await (const batch of inBatches(records)) found.push(batch.length);
    return found;
  };
  const done: QueueRecord = { state: "done", id: new Uint8Array(), dueAt: 0 };
  const event = { id: new Uint8Array(), dueAt: 0, side: null, pushedAt: 0, failures: 0, reason: new Uint8Array() };
  const large: QueueRecord = {
    ...event,
    state: "ready",
    expiresAt: null,
    group: null,
    isOutside: false,
    meta: null,
    contents: new Uint8Array(600_000),
  };
  assert.deepEqual(await sizes([]), []);
  assert.deepEqual(await sizes(Array(2500).fill(done)), [1000, 1000, 500]);
  assert.deepEqual(await sizes([large, done, large, large]), [3, 1]);
});
