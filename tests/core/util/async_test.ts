import { Deadline, delay, LazySignal, withTimeout } from "../../../core/util/async.ts";
import { assert } from "../../deps.ts";

const NEVER = new Promise<never>(() => {});
/** Longer than any test may take: a test that waits for it fails by its sanitizer or time limit. */
const LONG_MS = 3_600_000;

Deno.test("delay resolves after its time", () => delay(1));

Deno.test("delay resolves at once for an aborted signal", () => delay(LONG_MS, AbortSignal.abort()));

Deno.test("delay resolves when the signal aborts, and clears its timer", async () => {
  const abort = new AbortController();
  const delayed = delay(LONG_MS, abort.signal);
  abort.abort();
  await delayed;
});

Deno.test("delay outlived by its signal ignores a later abort", async () => {
  const abort = new AbortController();
  await delay(0, abort.signal);
  abort.abort();
});

Deno.test("withTimeout returns the promise's result, and clears its timer", async () => {
  const result = await withTimeout(Promise.resolve("result"), LONG_MS, () => assert.fail("timed out"));
  assert.equal(result, "result");
});

Deno.test("withTimeout rejects like the promise", async () => {
  const promise = Promise.reject(new Error("refused"));
  await assert.rejects(withTimeout(promise, LONG_MS, () => assert.fail("timed out")), /^Error: refused$/);
});

Deno.test("withTimeout returns what onTimeout returns", async () => {
  assert.equal(await withTimeout(NEVER, 0, () => "late"), "late");
});

Deno.test("withTimeout rejects with what onTimeout throws", async () => {
  const onTimeout = () => {
    throw new Error("late");
  };
  await assert.rejects(withTimeout(NEVER, 0, onTimeout), /^Error: late$/);
});

Deno.test("withTimeout ignores a promise that rejects after the timeout", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  assert.equal(await withTimeout(promise, 0, () => "late"), "late");
  reject(new Error("too late")); // unhandled, this would fail the test
  await delay(0);
});

Deno.test("Deadline does not end a step that is done before", async () => {
  using deadline = new Deadline(LONG_MS, () => assert.fail("passed"));
  await deadline.wait(Promise.resolve());
  await deadline.wait(Promise.resolve());
});

Deno.test("Deadline ends all steps once it has passed, and calls onPassed once", async () => {
  let calls = 0;
  using deadline = new Deadline(0, () => calls++);
  await deadline.wait(NEVER);
  await deadline.wait(NEVER);
  assert.equal(calls, 1);
});

Deno.test("Deadline passes on the error of a step", async () => {
  using deadline = new Deadline(LONG_MS, () => assert.fail("passed"));
  await assert.rejects(deadline.wait(Promise.reject(new Error("failed"))), /^Error: failed$/);
});

Deno.test("LazySignal aborts a signal that was read before", () => {
  const lazy = new LazySignal("closed");
  const { signal } = lazy;
  assert.equal(signal.aborted, false);
  lazy.abort();
  assert.deepEqual([signal.aborted, signal.reason], [true, "closed"]);
  assert.equal(lazy.signal, signal);
});

Deno.test("LazySignal gives an aborted signal after abort", () => {
  const lazy = new LazySignal("closed");
  lazy.abort();
  assert.deepEqual([lazy.signal.aborted, lazy.signal.reason], [true, "closed"]);
});
