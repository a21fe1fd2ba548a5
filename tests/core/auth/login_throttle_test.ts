import { addressOf, LoginThrottle, penaltyMs } from "../../../core/auth/login_throttle.ts";
import { Mutex } from "../../../core/auth/mutex.ts";
import { assert } from "../../deps.ts";

const never = new AbortController().signal;

/** Resolves when all that can happen now has happened. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("addressOf is what one person cannot change at will", () => {
  const cases: [string, string][] = [
    ["192.0.2.7:1234", "192.0.2.7"],
    ["[2001:db8:1:2:3:4:5:6]:99", "2001:db8:1:2"],
    ["[2001:db8:1:2::9]:99", "2001:db8:1:2"],
    ["[2001:db8::9]:99", "2001:db8:0:0"],
    ["[::1]:99", "0:0:0:0"],
    ["[::ffff:192.0.2.7]:99", "192.0.2.7"],
  ];
  for (const [addr, expected] of cases) assert.equal(addressOf(addr), expected, addr);
});

Deno.test("delayAfter doubles, up to four seconds", () => {
  assert.deepEqual([1, 2, 3, 6, 7, 1000, 1e9].map(penaltyMs), [100, 200, 400, 3200, 4000, 4000, 4000]);
});

Deno.test("Attempts counts failures of an address, and forgets them after a minute without one", () => {
  const attempts = new LoginThrottle();
  assert.deepEqual([0, 1000, 60_000].map((now) => attempts.failed("a", now)), [1, 2, 3]);
  assert.equal(attempts.failed("b", 60_000), 1);
  assert.equal(attempts.failed("a", 120_000), 1);
});

Deno.test("Attempts remembers a bounded number of addresses, the newest", () => {
  const attempts = new LoginThrottle();
  attempts.failed("first");
  for (let i = 0; i < 20_000; i++) attempts.failed(`address ${i}`);
  assert.equal(attempts.size, 10_000);
  assert.equal(attempts.failed("address 19999"), 2);
  assert.equal(attempts.failed("first"), 1);
});

Deno.test("Attempts does one thing at a time, and lets another address in before the second of the first", async () => {
  const attempts = new LoginThrottle();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (address: string, name: string) =>
    attempts.runExclusive(address, () => {
      begun.push(name);
      return new Promise((resolve) => ends.push(() => resolve(true)));
    }, never);
  const all = [ask("a", "a1"), ask("a", "a2"), ask("a", "a3"), ask("b", "b1")];
  for (let i = 0; i < all.length; i++) {
    await settled();
    assert.equal(begun.length, i + 1);
    ends[i]();
  }
  assert.deepEqual(await Promise.all(all), [true, true, true, true]);
  assert.deepEqual(begun, ["a1", "b1", "a2", "a3"]);
});

Deno.test("Attempts holds an address back after a wrong password, and no other", async () => {
  const attempts = new LoginThrottle();
  assert.equal(await attempts.runExclusive("a", () => Promise.resolve(false), never), false);
  let begun = false;
  const second = attempts.runExclusive("a", () => Promise.resolve(begun = true), never);
  assert.equal(await attempts.runExclusive("b", () => Promise.resolve(true), never), true);
  assert.equal(begun, false);
  assert.equal(await second, true);
  attempts.close();
});

Deno.test("Attempts does not begin what nobody waits for any more", async () => {
  const attempts = new LoginThrottle();
  let end = () => {};
  const first = attempts.runExclusive("a", () => new Promise((resolve) => end = () => resolve(true)), never);
  const leaving = new AbortController();
  let begun = 0;
  const second = attempts.runExclusive("a", () => Promise.resolve(++begun > 0), leaving.signal);
  const third = attempts.runExclusive("a", () => Promise.resolve(true), never);
  leaving.abort();
  assert.equal(await second, undefined);
  end();
  assert.deepEqual([await first, await third, begun], [true, true, 0]);
});

Deno.test("Turns are idle again when all have had theirs", async () => {
  const turns = new Mutex();
  assert.equal(turns.idle, true);
  assert.equal(await turns.acquire(never), true);
  assert.equal(await turns.acquire(AbortSignal.abort()), false);
  const next = turns.acquire(never);
  turns.release();
  assert.equal(await next, true);
  assert.equal(turns.idle, false);
  turns.release();
  assert.equal(turns.idle, true);
});
