import { ReplyBudget, TurnBudget } from "../../../core/connection/budget.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";

const MIB = 1024 * 1024;

/** Spends the budget until it is exhausted; resolves to how many ms the pause lasts. */
async function pauseOf(budget: TurnBudget): Promise<number> {
  while (!budget.exhausted) budget.spend(1);
  const since = performance.now();
  await new Promise<void>((resume) => budget.wait(1, resume));
  return performance.now() - since;
}

Deno.test("TurnBudget pauses for longer and longer while it is exhausted again and again", async () => {
  const budget = new TurnBudget(32, 8);
  let all = 0;
  for (let i = 0; i < 5; i++) all += await pauseOf(budget);
  assert.ok(all >= 1 + 2 + 4 + 8 + 8 - 5, `paused for ${all} ms`); // timers may be a little early
  budget.close();
});

Deno.test("TurnBudget is full again in a new turn, unless somebody waits for it", async () => {
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

Deno.test("TurnBudget resumes as many as the budget is enough for, in the order in which they waited", async () => {
  const budget = new TurnBudget(10);
  budget.spend(10);
  const resumed: number[] = [];
  for (const number of [0, 1, 2, 3]) budget.wait(5, () => resumed.push(number));
  await eventually(() => assert.deepEqual(resumed.slice(0, 2), [0, 1]));
  await eventually(() => assert.deepEqual(resumed, [0, 1, 2, 3]));
});

/** Asks for a reply of each size. Returns the indexes of those admitted so far. */
function ask(replies: ReplyBudget, sizes: number[]): number[] {
  const admitted: number[] = [];
  sizes.forEach((bytes, number) => {
    const attempt = () => replies.reserve(bytes, attempt) && admitted.push(number);
    attempt();
  });
  return admitted;
}

Deno.test("Of large replies 2 MiB are expected at once, the next when one has come, in the order they were asked for", async () => {
  const replies = new ReplyBudget();
  const admitted = ask(replies, Array(8).fill(MIB / 2));
  assert.deepEqual(admitted, [0, 1], "after 1 MiB there is a pause");
  await eventually(() => assert.deepEqual(admitted, [0, 1, 2, 3]));
  for (const more of [4, 5, 6, 7]) {
    replies.completed(MIB / 2);
    await eventually(() => assert.deepEqual(admitted, Array.from({ length: more + 1 }, (_, number) => number)));
  }
  replies.close();
});

Deno.test("A large reply that is larger than all together may be comes alone", async () => {
  const replies = new ReplyBudget();
  const admitted = ask(replies, [16 * MIB, 16 * MIB]);
  assert.deepEqual(admitted, [0]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(admitted, [0]);
  replies.completed(16 * MIB);
  assert.deepEqual(admitted, [0, 1]);
  replies.close();
});
