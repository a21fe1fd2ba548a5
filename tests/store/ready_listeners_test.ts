import { keyOf } from "../../store/bytes.ts";
import { ReadyListeners } from "../../store/ready_listeners.ts";
import { assert } from "../deps.ts";
import { Calls } from "../support/consuming.ts";
import { bytes } from "./contract/suite.ts";

const [QUEUE, OTHER] = [bytes("queue"), bytes("other")];
const [KEY, OTHER_KEY] = [keyOf(QUEUE), keyOf(OTHER)];
const LONG_MS = 600_000;

Deno.test("notifyAfter notifies all listeners of a queue of one event, at the last time that was set", async () => {
  const listeners = new ReadyListeners();
  const calls = new Calls<string>();
  const removals = ["a", "b"].map((name) => listeners.add(QUEUE, (events) => calls.call(`${name} ${events}`)));
  listeners.notifyAfter(KEY, LONG_MS);
  listeners.notifyAfter(KEY, 5);
  await calls.reached(2);
  assert.deepEqual(calls.all, ["a 1", "b 1"]);
  for (const remove of removals) remove();
});

Deno.test("notifyAfter does nothing after an earlier notification", async () => {
  const listeners = new ReadyListeners();
  const [calls, others] = [new Calls<number>(), new Calls<number>()];
  listeners.add(QUEUE, calls.call);
  listeners.add(OTHER, others.call);
  listeners.notifyAfter(KEY, 5);
  listeners.notify(KEY, 3);
  listeners.notifyAfter(OTHER_KEY, 20);
  await others.reached(1);
  assert.deepEqual(calls.all, [3]);
  listeners.close();
});

Deno.test({
  name: "No timer is left when the last listener of a queue is removed",
  sanitizeOps: true,
  fn() {
    const listeners = new ReadyListeners();
    const removals = [1, 2].map(() => listeners.add(QUEUE, () => {}));
    for (const remove of removals) {
      listeners.notifyAfter(KEY, LONG_MS);
      remove();
    }
    listeners.notifyAfter(KEY, LONG_MS);
  },
});

Deno.test({
  name: "No timer is left when the listeners are closed",
  sanitizeOps: true,
  fn() {
    const listeners = new ReadyListeners();
    for (const queue of [QUEUE, OTHER]) listeners.add(queue, () => {});
    for (const key of [KEY, OTHER_KEY, KEY]) listeners.notifyAfter(key, LONG_MS);
    listeners.close();
  },
});
