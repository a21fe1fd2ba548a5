import { addressOf, LoginThrottle, Mutex, penaltyMs } from "../../../core/auth/login_throttle.ts";
import { assert } from "../../deps.ts";

const never = new AbortController().signal;

/** Resolves when all pending promises have run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("addressOf returns an IPv4 address or the /64 prefix of an IPv6 address", () => {
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

Deno.test("penaltyMs doubles, up to four seconds", () => {
  assert.deepEqual([1, 2, 3, 6, 7, 1000, 1e9].map(penaltyMs), [100, 200, 400, 3200, 4000, 4000, 4000]);
});

Deno.test("LoginThrottle counts failures of an address, and forgets them after a minute without one", () => {
  const throttle = new LoginThrottle();
  assert.deepEqual([0, 1000, 60_000].map((now) => throttle.failed("a", now)), [1, 2, 3]);
  assert.equal(throttle.failed("b", 60_000), 1);
  assert.equal(throttle.failed("a", 120_000), 1);
});

Deno.test("LoginThrottle remembers a bounded number of addresses, the newest", () => {
  const throttle = new LoginThrottle();
  throttle.failed("first");
  for (let i = 0; i < 20_000; i++) throttle.failed(`address ${i}`);
  assert.equal(throttle.size, 10_000);
  assert.equal(throttle.failed("address 19999"), 2);
  assert.equal(throttle.failed("first"), 1);
});

Deno.test("LoginThrottle runs one work at a time, and another address before the second work of the first", async () => {
  const throttle = new LoginThrottle();
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const login = (address: string, name: string) =>
    throttle.runExclusive(address, () => {
      started.push(name);
      return new Promise((resolve) => ends.push(() => resolve(true)));
    }, never);
  const all = [login("a", "a1"), login("a", "a2"), login("a", "a3"), login("b", "b1")];
  for (let i = 0; i < all.length; i++) {
    await settled();
    assert.equal(started.length, i + 1);
    ends[i]();
  }
  assert.deepEqual(await Promise.all(all), [true, true, true, true]);
  assert.deepEqual(started, ["a1", "b1", "a2", "a3"]);
});

Deno.test("LoginThrottle delays an address after a wrong password, and no other", async () => {
  const throttle = new LoginThrottle();
  assert.equal(await throttle.runExclusive("a", () => Promise.resolve(false), never), false);
  let started = false;
  const second = throttle.runExclusive("a", () => Promise.resolve(started = true), never);
  assert.equal(await throttle.runExclusive("b", () => Promise.resolve(true), never), true);
  assert.equal(started, false);
  assert.equal(await second, true);
  throttle.close();
});

Deno.test("LoginThrottle does not start work whose client has disconnected", async () => {
  const throttle = new LoginThrottle();
  let end = () => {};
  const first = throttle.runExclusive("a", () => new Promise((resolve) => end = () => resolve(true)), never);
  const disconnect = new AbortController();
  let started = 0;
  const second = throttle.runExclusive("a", () => Promise.resolve(++started > 0), disconnect.signal);
  const third = throttle.runExclusive("a", () => Promise.resolve(true), never);
  disconnect.abort();
  assert.equal(await second, undefined);
  end();
  assert.deepEqual([await first, await third, started], [true, true, 0]);
});

Deno.test("Mutex is idle when it is released and has no waiters", async () => {
  const mutex = new Mutex();
  assert.equal(mutex.idle, true);
  assert.equal(await mutex.acquire(never), true);
  assert.equal(await mutex.acquire(AbortSignal.abort()), false);
  const next = mutex.acquire(never);
  mutex.release();
  assert.equal(await next, true);
  assert.equal(mutex.idle, false);
  mutex.release();
  assert.equal(mutex.idle, true);
});
