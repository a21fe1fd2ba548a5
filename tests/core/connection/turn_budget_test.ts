import { ReplyBudget, TurnBudget } from "../../../core/connection/turn_budget.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const MIB = 1024 * 1024;

Deno.test("TurnBudget doubles its pauses up to the maximum while each pause is followed by the next", () => {
  using timers = new FakeTimers();
  const budget = new TurnBudget(32, 8);
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    while (!budget.exhausted) budget.spend(1);
    let resumed = false;
    budget.wait(1, () => resumed = true);
    pauses.push(...timers.pending);
    timers.advance(timers.pending[0]);
    assert.equal(resumed, true);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 8]);
  budget.close();
});

Deno.test("TurnBudget is full again in a new turn, unless a user waits for it", async () => {
  const budget = new TurnBudget(2);
  budget.spend(2);
  assert.equal(budget.exhausted, true);
  budget.reset();
  assert.equal(budget.exhausted, false);
  budget.spend(2);
  const resumed = new Promise<void>((resume) => budget.wait(1, resume));
  budget.reset();
  assert.equal(budget.exhausted, true);
  await resumed;
  assert.equal(budget.exhausted, false);
});

Deno.test("TurnBudget resumes as many users as the budget is enough for, in the order in which they waited", async () => {
  const budget = new TurnBudget(10);
  budget.spend(10);
  const resumed: number[] = [];
  for (const number of [0, 1, 2, 3]) budget.wait(5, () => resumed.push(number));
  await eventually(() => assert.deepEqual(resumed.slice(0, 2), [0, 1]));
  await eventually(() => assert.deepEqual(resumed, [0, 1, 2, 3]));
});

/** Reserves room for a reply of each size. Returns the indexes of those admitted so far. */
function reserveEach(replies: ReplyBudget, sizes: number[]): number[] {
  const admitted: number[] = [];
  sizes.forEach((bytes, number) => {
    const attempt = () => replies.reserve(bytes, attempt) && admitted.push(number);
    attempt();
  });
  return admitted;
}

Deno.test("ReplyBudget admits large replies of 2 MiB at once, and the next in order when one is complete", async () => {
  const replies = new ReplyBudget();
  const admitted = reserveEach(replies, Array(8).fill(MIB / 2));
  assert.deepEqual(admitted, [0, 1], "after 1 MiB there is a pause");
  await eventually(() => assert.deepEqual(admitted, [0, 1, 2, 3]));
  for (const more of [4, 5, 6, 7]) {
    replies.completed(MIB / 2);
    await eventually(() => assert.deepEqual(admitted, Array.from({ length: more + 1 }, (_, number) => number)));
  }
  replies.close();
});

Deno.test("ReplyBudget admits a reply that exceeds its limit when no other is pending", async () => {
  const replies = new ReplyBudget();
  const admitted = reserveEach(replies, [16 * MIB, 16 * MIB]);
  assert.deepEqual(admitted, [0]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(admitted, [0]);
  replies.completed(16 * MIB);
  assert.deepEqual(admitted, [0, 1]);
  replies.close();
});
