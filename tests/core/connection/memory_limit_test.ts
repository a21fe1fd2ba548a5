import { FREE_BYTES, MemoryLimit, MemoryShare } from "../../../core/connection/memory_limit.ts";
import { assert } from "../../deps.ts";

const LIMIT = 1_000_000;

/** A connection that has received bytes of commands that are not answered. */
function holding(all: MemoryLimit, bytes: number, goOn: () => void = () => {}): MemoryShare {
  const share = new MemoryShare(all, goOn);
  share.update(bytes, { begun: 1, answered: 0 }, 0, { buffered: 0, collected: 0 });
  return share;
}

Deno.test("What is in flight is what was received, and what commands and arguments take besides, until it is answered", () => {
  const all = new MemoryLimit(LIMIT);
  const share = new MemoryShare(all, () => {});
  share.update(1000, { begun: 0, answered: 0 }, 0, { buffered: 1000, collected: 0 });
  assert.equal(all.bytes, 1000);
  share.update(0, { begun: 0, answered: 0 }, 0, { buffered: 1000, collected: 10 });
  assert.ok(all.bytes >= 1000 + 10 * 64, "arguments that have come take memory");
  share.update(0, { begun: 10, answered: 0 }, 100, { buffered: 0, collected: 0 });
  assert.ok(all.bytes >= 1000 + 10 * 128 + 100 * 64, "so do commands");
  share.update(0, { begun: 10, answered: 10 }, 0, { buffered: 0, collected: 0 });
  assert.equal(all.bytes, 0);
});

Deno.test("A connection that always has something unanswered is not charged for what is answered", () => {
  const all = new MemoryLimit(LIMIT);
  const share = new MemoryShare(all, () => {});
  let most = 0;
  for (let begun = 1; begun < 10_000; begun++) {
    share.update(1000, { begun, answered: begun - 1 }, 0, { buffered: 0, collected: 0 });
    most = Math.max(most, all.bytes);
  }
  assert.ok(most >= 1000 && most < 10_000, `${most}`);
});

Deno.test("A connection stalls at the limit of all, if it has more than every one may have", () => {
  const all = new MemoryLimit(LIMIT);
  const small = holding(all, FREE_BYTES - 1000);
  const large = holding(all, LIMIT - 100_000);
  assert.equal(large.mustStall(), false);
  const last = holding(all, 100_000);
  assert.equal(all.bytes >= LIMIT, true);
  assert.deepEqual([small, large, last].map((share) => share.mustStall()), [false, true, true]);
  assert.equal(all.stalled, 2);
});

Deno.test("Who has stalled goes on when there is room, the one that has stalled longest first", () => {
  const all = new MemoryLimit(LIMIT);
  const went: string[] = [];
  const busy = holding(all, LIMIT);
  const first = holding(all, 100_000, () => went.push("first"));
  const second = holding(all, 100_000, () => went.push("second"));
  assert.deepEqual([first.mustStall(), second.mustStall()], [true, true]);
  busy.update(0, { begun: 1, answered: 1 }, 0, { buffered: 0, collected: 0 });
  assert.deepEqual(went, ["first", "second"]);
  assert.deepEqual([first.mustStall(), second.mustStall(), all.stalled], [false, false, 0]);
});

Deno.test("Who ends has nothing in flight any more", () => {
  const all = new MemoryLimit(LIMIT);
  const went: string[] = [];
  const large = holding(all, LIMIT);
  const other = holding(all, 100_000, () => went.push("other"));
  assert.deepEqual([large.mustStall(), other.mustStall()], [true, true]);
  large.close();
  assert.deepEqual([went, all.stalled], [["other"], 0]);
  other.close();
  assert.equal(all.bytes, 0);
});

Deno.test("Commands that have come in part do not wait for each other for ever: one at a time is let go on", () => {
  const all = new MemoryLimit(LIMIT);
  const went: number[] = [];
  const shares = [0, 1].map((number) => holding(all, LIMIT, () => went.push(number)));
  assert.deepEqual(shares.map((share) => share.mustStall()), [true, true]);
  all.resumeOldest();
  assert.deepEqual(went, [0]);
  assert.deepEqual(shares.map((share) => share.mustStall()), [false, true]);
  shares[0].update(LIMIT, { begun: 1, answered: 0 }, 0, { buffered: 0, collected: 0 });
  assert.equal(shares[0].mustStall(), false, "it may finish its command");
  shares[0].update(0, { begun: 2, answered: 2 }, 0, { buffered: 0, collected: 0 });
  shares[0].update(LIMIT, { begun: 3, answered: 2 }, 0, { buffered: 0, collected: 0 });
  assert.equal(shares[0].mustStall(), true, "and no further one");
});
