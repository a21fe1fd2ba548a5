import { BackPressure, FREE_BYTES, MemoryShare } from "../../../core/connection/back_pressure.ts";
import { assert } from "../../deps.ts";

const LIMIT = 1_000_000;

/** The share of a connection with so many bytes of unanswered commands. */
function holding(all: BackPressure, bytes: number, resume: () => void = () => {}): MemoryShare {
  const share = new MemoryShare(all, resume);
  share.update(bytes, { begun: 1, answered: 0 }, 0, { buffered: 0, collected: 0 });
  return share;
}

Deno.test("BackPressure counts the bytes of unanswered commands, and an overhead for each command and argument", () => {
  const all = new BackPressure(LIMIT);
  const share = new MemoryShare(all, () => {});
  share.update(1000, { begun: 0, answered: 0 }, 0, { buffered: 1000, collected: 0 });
  assert.equal(all.bytes, 1000);
  share.update(0, { begun: 0, answered: 0 }, 0, { buffered: 1000, collected: 10 });
  assert.ok(all.bytes >= 1000 + 10 * 64, "received arguments have an overhead");
  share.update(0, { begun: 10, answered: 0 }, 100, { buffered: 0, collected: 0 });
  assert.ok(all.bytes >= 1000 + 10 * 128 + 100 * 64, "and so do commands");
  share.update(0, { begun: 10, answered: 10 }, 0, { buffered: 0, collected: 0 });
  assert.equal(all.bytes, 0);
});

Deno.test("BackPressure does not count answered commands of a connection that always has unanswered ones", () => {
  const all = new BackPressure(LIMIT);
  const share = new MemoryShare(all, () => {});
  let max = 0;
  for (let begun = 1; begun < 10_000; begun++) {
    share.update(1000, { begun, answered: begun - 1 }, 0, { buffered: 0, collected: 0 });
    max = Math.max(max, all.bytes);
  }
  assert.ok(max >= 1000 && max < 10_000, `${max}`);
});

Deno.test("Connections with more than the free share stall when the limit of all is reached", () => {
  const all = new BackPressure(LIMIT);
  const small = holding(all, FREE_BYTES - 1000);
  const large = holding(all, LIMIT - 100_000);
  assert.equal(large.mustStall(), false);
  const last = holding(all, 100_000);
  assert.equal(all.bytes >= LIMIT, true);
  assert.deepEqual([small, large, last].map((share) => share.mustStall()), [false, true, true]);
  assert.equal(all.stalled, 2);
});

Deno.test("Stalled connections resume when there is room, the longest stalled first", () => {
  const all = new BackPressure(LIMIT);
  const resumed: string[] = [];
  const busy = holding(all, LIMIT);
  const first = holding(all, 100_000, () => resumed.push("first"));
  const second = holding(all, 100_000, () => resumed.push("second"));
  assert.deepEqual([first.mustStall(), second.mustStall()], [true, true]);
  busy.update(0, { begun: 1, answered: 1 }, 0, { buffered: 0, collected: 0 });
  assert.deepEqual(resumed, ["first", "second"]);
  assert.deepEqual([first.mustStall(), second.mustStall(), all.stalled], [false, false, 0]);
});

Deno.test("The share of a closed connection is released", () => {
  const all = new BackPressure(LIMIT);
  const resumed: string[] = [];
  const large = holding(all, LIMIT);
  const other = holding(all, 100_000, () => resumed.push("other"));
  assert.deepEqual([large.mustStall(), other.mustStall()], [true, true]);
  large.close();
  assert.deepEqual([resumed, all.stalled], [["other"], 0]);
  other.close();
  assert.equal(all.bytes, 0);
});

Deno.test("If only incomplete commands are in flight, one stalled connection at a time resumes until its command is complete", () => {
  const all = new BackPressure(LIMIT);
  const resumed: number[] = [];
  const shares = [0, 1].map((number) => holding(all, LIMIT, () => resumed.push(number)));
  assert.deepEqual(shares.map((share) => share.mustStall()), [true, true]);
  all.resumeOldest();
  assert.deepEqual(resumed, [0]);
  assert.deepEqual(shares.map((share) => share.mustStall()), [false, true]);
  shares[0].update(LIMIT, { begun: 1, answered: 0 }, 0, { buffered: 0, collected: 0 });
  assert.equal(shares[0].mustStall(), false, "it may finish its command");
  shares[0].update(0, { begun: 2, answered: 2 }, 0, { buffered: 0, collected: 0 });
  shares[0].update(LIMIT, { begun: 3, answered: 2 }, 0, { buffered: 0, collected: 0 });
  assert.equal(shares[0].mustStall(), true, "and no further one");
});
